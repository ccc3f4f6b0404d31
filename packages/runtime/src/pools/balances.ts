import type { Clock } from "@actor-runtime/core";
import type { Directory } from "../client/directory.js";
import type { Balance } from "../definition/stateless-options.js";

/**
 * How the calls of stateless types are spread, by the namespace's record: a deploy may change that, so it is read anew while calls
 * are made, and never waited for.
 */
export class Balances {
  readonly #directory: Directory;
  readonly #clock: Clock;
  readonly #everyMs: number;
  #readAt = Number.NEGATIVE_INFINITY;

  /** @param everyMs the record is read at most this often */
  constructor(directory: Directory, clock: Clock, everyMs: number) {
    this.#directory = directory;
    this.#clock = clock;
    this.#everyMs = everyMs;
  }

  of(type: string): Balance {
    const now = this.#clock.monotonic();
    if (now - this.#readAt >= this.#everyMs) {
      this.#readAt = now;
      // The store is away: what was known last is the best there is.
      this.#directory.refreshPools().catch(() => {});
    }
    return this.#directory.balanceOf(type) ?? "least-busy";
  }
}
