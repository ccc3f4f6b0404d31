import type { Acquired, Clock, Lease, Leases, Renewal, Renewed } from "@actor-runtime/core";
import type { LeaseMemory } from "./lease-memory.js";
import type { Link } from "./link.js";

/** One process's connection to the leases of a world. */
export class EmbeddedLeases implements Leases {
  readonly #memory: LeaseMemory;
  readonly #link: Link;
  readonly #clock: Clock;

  constructor(memory: LeaseMemory, link: Link, clock: Clock) {
    this.#memory = memory;
    this.#link = link;
    this.#clock = clock;
  }

  async acquire(name: string, holder: string, ttlMs: number): Promise<Acquired> {
    const until = this.#clock.monotonic() + ttlMs;
    const grant = await this.#link.call(() => this.#memory.acquire(name, holder, ttlMs));
    return "heldBy" in grant ? grant : { lease: { name, holder, ...grant, until } };
  }

  async renew(renewals: readonly Renewal[], ttlMs: number): Promise<Renewed[]> {
    const until = this.#clock.monotonic() + ttlMs;
    const outcomes = await this.#link.call(() => renewals.map((renewal) => this.#memory.renew(renewal, ttlMs)));
    return renewals.map(({ lease }, index) => {
      const outcome = outcomes[index]!;
      return outcome === "renewed" ? { lease: { ...lease, until } } : { lost: outcome };
    });
  }

  release(lease: Lease): Promise<void> {
    return this.#link.call(() => this.#memory.release(lease));
  }

  inspect(name: string): Promise<{ holder: string; fence: number; remainingMs: number } | undefined> {
    return this.#link.call(() => this.#memory.inspect(name));
  }
}
