import type { Clock } from "@actor-runtime/core";

/**
 * The store's time as this process knows it (delivery.md O4, S6): its own wall clock, until it was told the store's; from then
 * on that, carried on by the monotonic clock.
 */
export class StoreTime {
  readonly #clock: Clock;
  /** The store's time less the monotonic clock. */
  #offset: number | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** ms since 1970 */
  now(): number {
    return this.#offset === undefined ? this.#clock.now() : this.#clock.monotonic() + this.#offset;
  }

  /** ms since 1970 at a moment of the clock's `monotonic()` */
  at(moment: number): number {
    const offset = this.#offset ?? this.#clock.now() - this.#clock.monotonic();
    return moment + offset;
  }

  /** How far the wall clock of this process is ahead of the store's, in ms; negative: behind. */
  get skew(): number {
    return this.#clock.now() - this.now();
  }

  /**
   * The store has told its time, at some moment between question and answer. What is known stays as long as that agrees with
   * it, or an answer that was slow would set it wrong by half its delay; else the truth is taken to lie in the middle (Cristian,
   * "Probabilistic clock synchronization", 1989).
   *
   * @param askedAt when it was asked, in ms by the clock's `monotonic()`. Default: now
   */
  correct(storeTime: number, askedAt: number = this.#clock.monotonic()): void {
    const [from, to] = [storeTime - this.#clock.monotonic(), storeTime - askedAt];
    if (this.#offset === undefined || this.#offset < from || this.#offset > to) this.#offset = (from + to) / 2;
  }
}
