import type { ClockStep } from "./reminder-history.js";

/** So long before a step workers may have read the store's time, and so long after it they have all heard of it (ms). */
const noticedMs = 10_000;

/** The store's clock as actors see it: a little wrong, and more where it was set. */
export class StoreClock {
  readonly #clockMs: number;
  readonly #steps: readonly ClockStep[];

  /** @param clockMs by how much it may be wrong otherwise */
  constructor(clockMs: number, steps: readonly ClockStep[]) {
    this.#clockMs = clockMs;
    this.#steps = steps;
  }

  /** By how much the clock of a worker may be wrong at this time of the store. */
  wrongBy(atMs: number): number {
    const near = this.#steps.filter(({ fromMs, toMs }) =>
      [fromMs, toMs].some((ms) => Math.abs(atMs - ms) <= noticedMs),
    );
    return near.reduce((sum, { fromMs, toMs }) => sum + Math.abs(toMs - fromMs), this.#clockMs);
  }

  /** The latest time that a worker may have read until this time of the store: what was due by then was not early. */
  shownBy(atMs: number): number {
    const before = this.#steps.filter(({ toMs }) => toMs - noticedMs <= atMs);
    return Math.max(atMs, ...before.map(({ fromMs }) => fromMs)) + this.wrongBy(atMs);
  }
}
