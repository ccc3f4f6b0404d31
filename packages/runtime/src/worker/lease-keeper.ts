import { LostOwnershipError } from "@actor-runtime/core";
import type { WorkerServices } from "./services.js";
import type { Tenure } from "./tenure.js";

/** Keeps the leases of all partitions of a worker alive, and drops those that ended. */
export class LeaseKeeper {
  readonly #services: WorkerServices;
  readonly #tenures: () => readonly Tenure[];
  /** They could not be renewed, and that was said. */
  #failing = false;

  /** @param tenures those that are alive */
  constructor(services: WorkerServices, tenures: () => readonly Tenure[]) {
    this.#services = services;
    this.#tenures = tenures;
  }

  /** All leases in one round trip. A lease that could not be renewed in time is given up before it ends for others. */
  async renew(): Promise<void> {
    const tenures = this.#tenures();
    if (tenures.length === 0) return;
    const { leases } = this.#services.ports;
    const renewals = tenures.map(({ lease, commits }) => ({ lease, seq: commits.committedSeq }));
    try {
      const renewed = await leases.renew(renewals, this.#services.limits.leaseMs);
      this.#failing = false;
      tenures.forEach((tenure, index) => {
        const result = renewed[index]!;
        if ("lease" in result) tenure.renewed(result.lease);
        else if (result.lost === "rewound") tenure.rewound();
        else tenure.lose(new LostOwnershipError(`the lease of ${tenure.partition} is lost: ${result.lost}`));
      });
    } catch (error) {
      const { log } = this.#services;
      // Once: it may last for long.
      if (!this.#failing) log.warn({ err: error }, "leases could not be renewed; trying again until they end");
      this.#failing = true;
    }
  }

  /** On its own timer, not after a renewal: the store may not even answer with an error. */
  dropExpired(): void {
    for (const tenure of this.#tenures()) {
      if (!tenure.leaseValid) tenure.lose(new LostOwnershipError(`the lease of ${tenure.partition} ran out`));
    }
  }
}
