/** Beyond this the wall clock was set, or the machine slept. */
const toleranceMs = 5;
const checkEveryMs = 1_000;

/**
 * Milliseconds since 1970 to the fraction of a microsecond, from the monotonic clock: two readings within one span never go
 * backwards unless the wall clock was set between them.
 */
export class EpochClock {
  #offset = performance.timeOrigin;
  #checkAt = 0;

  now(): number {
    const now = performance.now();
    if (now >= this.#checkAt) {
      this.#checkAt = now + checkEveryMs;
      const wall = Date.now();
      if (Math.abs(wall - (now + this.#offset)) > toleranceMs) this.#offset = wall - now;
    }
    return now + this.#offset;
  }
}
