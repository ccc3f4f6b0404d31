import type { Cancel, Clock } from "@actor-runtime/core";

/** The clock of one process: it goes as fast as all others, but was set by somebody else and counts from its own start. */
export class ProcessClock implements Clock {
  readonly #world: Clock;
  readonly #run: (task: () => void) => void;
  readonly #countedFrom: number;
  #skewMs = 0;
  #pending = 0;

  /**
   * @param run runs a task that is due: at once, or when the process can
   * @param countedFrom what `monotonic` adds to the world's, so that no two processes can compare theirs
   */
  constructor(world: Clock, run: (task: () => void) => void, countedFrom: number) {
    this.#world = world;
    this.#run = run;
    this.#countedFrom = countedFrom;
  }

  /** Tasks that wait for their time. */
  get pending(): number {
    return this.#pending;
  }

  /** In whole milliseconds, as `Date.now()`. */
  now(): number {
    return Math.floor(this.#world.now() + this.#skewMs);
  }

  monotonic(): number {
    return this.#world.monotonic() + this.#countedFrom;
  }

  after(ms: number, task: () => void): Cancel {
    let pending: (() => void) | undefined = task;
    this.#pending += 1;
    const take = (): (() => void) | undefined => {
      const taken = pending;
      if (taken) this.#pending -= 1;
      pending = undefined;
      return taken;
    };
    const cancel = this.#world.after(ms, () => this.#run(() => take()?.()));
    return () => {
      take();
      cancel();
    };
  }

  /** Sets the wall clock forward, or back by a negative number. */
  skew(ms: number): void {
    this.#skewMs += ms;
  }
}
