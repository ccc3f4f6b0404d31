import * as fc from "fast-check";
import { expect, it } from "vitest";
import { type PendingTimer, TimerHeap } from "./timer-heap.js";

type Step = { readonly add: number } | { readonly cancel: number } | { readonly takeUpTo: number };

const steps = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.record({ add: fc.integer({ min: 0, max: 50 }) }) },
    { weight: 2, arbitrary: fc.record({ cancel: fc.nat() }) },
    { weight: 1, arbitrary: fc.record({ takeUpTo: fc.integer({ min: 0, max: 60 }) }) },
  ),
  { minLength: 50, maxLength: 600 },
);

/** The same, by sorting. */
class SortedTimers {
  #timers: PendingTimer[] = [];

  add(timer: PendingTimer): void {
    this.#timers.push(timer);
  }

  cancel(timer: PendingTimer): void {
    this.#timers = this.#timers.filter((pending) => pending !== timer);
  }

  takeDue(time: number): PendingTimer | undefined {
    const due = this.#timers.filter(({ at }) => at <= time).sort((a, b) => a.at - b.at || a.order - b.order)[0];
    if (due !== undefined) this.cancel(due);
    return due;
  }
}

it("gives timers by time, then by the order they were added in, and never a cancelled one", () => {
  fc.assert(
    fc.property(steps, (sequence: Step[]) => {
      const heap = new TimerHeap();
      const model = new SortedTimers();
      const added: PendingTimer[] = [];
      for (const step of sequence) {
        if ("add" in step) {
          const timer: PendingTimer = { at: step.add, order: added.length, task: () => {}, cancelled: false };
          added.push(timer);
          heap.add(timer);
          model.add(timer);
        } else if ("cancel" in step) {
          const timer = added[step.cancel % Math.max(1, added.length)];
          if (timer === undefined) continue;
          heap.cancel(timer);
          model.cancel(timer);
        } else {
          expect(heap.takeDue(step.takeUpTo)).toBe(model.takeDue(step.takeUpTo));
        }
      }
      for (let due = model.takeDue(100); due !== undefined; due = model.takeDue(100)) {
        expect(heap.takeDue(100)).toBe(due);
      }
      expect(heap.takeDue(100)).toBeUndefined();
    }),
  );
});
