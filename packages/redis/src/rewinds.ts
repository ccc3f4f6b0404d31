import type { Lease, Logger, PartitionId, Telemetry } from "@actor-runtime/core";
import type { NamespaceRecord } from "./namespace-record.js";

/** What an owner knew it had committed, and what the store still has. */
export interface Rewind {
  readonly partition: PartitionId;
  readonly fence: Lease["fence"];
  /** Number of the last commit that was acknowledged. */
  readonly acknowledged: number;
  readonly stored: number;
  /** Generation in which the store, as it is now, says the partition was taken; `undefined`: it never was. */
  readonly generation: number | undefined;
}

/** Raises the alarm when the store has lost writes it had acknowledged (delivery.md A.5, REWOUND). */
export class Rewinds {
  readonly #record: NamespaceRecord;
  readonly #telemetry: Telemetry;
  readonly #log: Logger;
  /** Fence of the last tenure reported: commit and renewal both find out. */
  readonly #reported = new Map<PartitionId, number>();
  /** Number of the last commit that this process knows of. */
  readonly #acknowledged = new Map<PartitionId, number>();

  constructor(record: NamespaceRecord, telemetry: Telemetry, log: Logger) {
    this.#record = record;
    this.#telemetry = telemetry;
    this.#log = log;
  }

  /** A commit succeeded. */
  acknowledged(partition: PartitionId, seq: number): void {
    this.#acknowledged.set(partition, seq);
  }

  /**
   * A lease is taken, and the store says that its last commit was `stored`. A tenure that ended while the store was away could
   * not find out what it lost.
   *
   * @returns whether commits are missing that this process knows of
   */
  taken(partition: PartitionId, fence: Lease["fence"], stored: number): boolean {
    const acknowledged = this.#acknowledged.get(partition) ?? 0;
    if (acknowledged > stored) {
      this.#report(partition, fence, acknowledged, stored);
      return true;
    }
    // Also what others committed before: should the store forget that, this process knows better.
    this.#acknowledged.set(partition, stored);
    return false;
  }

  /** Resolves once the generation is above that of the lost tenure, so that the next one lets holes pass (T1, O2). */
  async found({ partition, fence, acknowledged, stored, generation }: Rewind): Promise<void> {
    await this.#record.raiseAbove(generation ?? (await this.#record.generation()));
    if (this.#reported.get(partition) === fence) return;
    this.#reported.set(partition, fence);
    this.#report(partition, fence, acknowledged, stored);
  }

  #report(partition: PartitionId, fence: Lease["fence"], acknowledged: number, stored: number): void {
    this.#acknowledged.set(partition, stored);
    const lost = Math.max(0, acknowledged - stored);
    this.#telemetry.count("store.rewound_commits", lost);
    this.#log.error(
      { partition, fence, lost, from: stored + 1, to: acknowledged },
      "the store has lost commits that it had acknowledged; the partition is taken over anew",
    );
  }
}
