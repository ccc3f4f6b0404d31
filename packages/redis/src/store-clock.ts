import type { Clock } from "@actor-runtime/core";

/**
 * The store's clock as this process knows it: the latest time seen there, carried on by the monotonic clock here. A fence
 * taken from it rises also when the store goes back, or fails over to a server whose clock is behind (delivery.md A.1).
 */
export class StoreClock {
  readonly #clock: Clock;
  /** Largest difference seen, in µs. */
  #ahead = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Notes the store's time (µs since 1970) of an answer that has just arrived; it is older by now, so never too late. */
  saw(storeMicros: number): void {
    this.#ahead = Math.max(this.#ahead, storeMicros - this.#monotonicMicros());
  }

  /** In µs since 1970; 0 before the store was ever asked. */
  get micros(): number {
    return this.#ahead === Number.NEGATIVE_INFINITY ? 0 : Math.floor(this.#ahead + this.#monotonicMicros());
  }

  #monotonicMicros(): number {
    return this.#clock.monotonic() * 1_000;
  }
}
