import type { Cancel, Clock } from "@actor-runtime/core";
import { SystemClock } from "@actor-runtime/embedded";

/** A process that is stopped for longer than this was asleep. */
const longestBeatMs = 500;

/**
 * The clock of a machine that sleeps while its process is stopped, as that of a suspended virtual machine does: the time
 * goes by for everybody else. So whoever wakes believes in leases that have long run out.
 */
export class SleepingClock implements Clock {
  readonly #awake = new SystemClock();
  #seen = this.#awake.monotonic();
  #sleptMs = 0;
  #wokeAt = Number.NEGATIVE_INFINITY;

  constructor() {
    setInterval(() => this.monotonic(), longestBeatMs / 5).unref();
  }

  /** How long it has been awake, in ms. */
  get awakeMs(): number {
    return this.monotonic() - this.#wokeAt;
  }

  now(): number {
    return this.#awake.now();
  }

  monotonic(): number {
    const now = this.#awake.monotonic();
    if (now - this.#seen > longestBeatMs) {
      this.#sleptMs += now - this.#seen;
      this.#wokeAt = now - this.#sleptMs;
    }
    this.#seen = now;
    return now - this.#sleptMs;
  }

  after(ms: number, task: () => void): Cancel {
    return this.#awake.after(ms, task);
  }
}
