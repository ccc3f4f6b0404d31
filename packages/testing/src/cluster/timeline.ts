import { setImmediate as macrotask } from "node:timers";
import type { ManualClock } from "@actor-runtime/embedded";

/** Something that waits for time to move. */
interface Goal {
  /** By the clock's `monotonic()`, in ms. */
  readonly end: number;
  readonly reached: () => void;
  readonly failed: (error: unknown) => void;
}

/** So many tasks are put to the event loop in one go. It settles all promise chains between two of them. */
const batch = 64;

/** Moves a clock by hand for any number of waiters at a time, and settles what each task set off before the next runs. */
export class Timeline {
  readonly #clock: ManualClock;
  readonly #goals = new Set<Goal>();
  #queued = 0;

  constructor(clock: ManualClock) {
    this.#clock = clock;
  }

  /**
   * Moves time by `ms`, or until the promise settles if that is sooner. Rejects with what a task threw meanwhile.
   *
   * @param until must be settled by something that happens in this time, not by real I/O
   */
  move(ms: number, until?: PromiseLike<unknown>): Promise<void> {
    return new Promise((resolve, reject) => {
      const goal: Goal = { end: this.#clock.monotonic() + ms, reached: resolve, failed: reject };
      this.#goals.add(goal);
      const enough = () => this.#reach(goal);
      until?.then(enough, enough);
      this.#go();
    });
  }

  #go(): void {
    if (this.#queued > 0) return;
    this.#queued = batch;
    for (let index = 0; index < batch; index++) macrotask(this.#step);
  }

  readonly #step = (): void => {
    this.#queued -= 1;
    if (this.#goals.size === 0) return;
    this.#runNext();
    this.#go();
  };

  #runNext(): void {
    let end = Number.POSITIVE_INFINITY;
    for (const goal of this.#goals) end = Math.min(end, goal.end);
    try {
      if (this.#clock.runNext(end)) return;
      for (const goal of this.#goals) if (goal.end === end) this.#reach(goal);
    } catch (error) {
      for (const { failed } of this.#goals) failed(error);
      this.#goals.clear();
    }
  }

  #reach(goal: Goal): void {
    if (this.#goals.delete(goal)) goal.reached();
  }
}
