import { setImmediate as macrotask } from "node:timers/promises";
import type { Cancel, Clock } from "@actor-runtime/core";
import { type PendingTimer, TimerHeap } from "./timer-heap.js";

/**
 * Time that stands still until it is moved by hand.
 *
 * @example
 * const clock = new ManualClock();
 * clock.after(1_000, () => console.log("a second later"));
 * await clock.advance(1_000);
 */
export class ManualClock implements Clock {
  readonly #timers = new TimerHeap();
  #wall: number;
  #elapsed = 0;
  #order = 0;

  /** @param startMs wall time at the start, in ms since 1970; default 2026-01-01 00:00 UTC */
  constructor(startMs = Date.UTC(2026, 0, 1)) {
    this.#wall = startMs;
  }

  now(): number {
    return this.#wall + this.#elapsed;
  }

  monotonic(): number {
    return this.#elapsed;
  }

  after(ms: number, task: () => void): Cancel {
    this.#order += 1;
    const timer: PendingTimer = { at: this.#elapsed + Math.max(0, ms), order: this.#order, task, cancelled: false };
    this.#timers.add(timer);
    return () => this.#timers.cancel(timer);
  }

  /**
   * Moves time forward and runs what becomes due in between, each task at its own time: earliest first, in the order of
   * `after` where times are equal. Before the next one runs, all promise chains that the last one set off have settled;
   * `advance(0)` settles what is under way now.
   *
   * @param settled waits for what the last task set off; default: one turn of the event loop, and so all its promise chains
   */
  async advance(ms: number, settled: () => Promise<unknown> = () => macrotask()): Promise<void> {
    const end = this.#elapsed + ms;
    await settled();
    while (this.runNext(end)) await settled();
  }

  /**
   * Runs the earliest task due at `end` (by `monotonic`) or before, at its own time. Without one it moves time to `end`.
   *
   * @returns whether there was one
   */
  runNext(end: number): boolean {
    const timer = this.#timers.takeDue(end);
    this.#elapsed = Math.max(this.#elapsed, timer?.at ?? end);
    timer?.task();
    return timer !== undefined;
  }

  /** Moves wall time alone, as an operator or NTP would: pending tasks and `monotonic` do not notice. */
  jumpWall(ms: number): void {
    this.#wall += ms;
  }
}
