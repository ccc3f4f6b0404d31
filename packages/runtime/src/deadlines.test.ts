import type { Clock } from "@actor-runtime/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Bucket, Deadlines, type Timed } from "./deadlines.js";

/** Time moved by hand; `armed` counts the timers that wait. */
class FakeClock implements Clock {
  time = 0;
  #timers: { at: number; task: () => void }[] = [];

  now = () => this.time;
  monotonic = () => this.time;

  get armed(): number {
    return this.#timers.length;
  }

  after(ms: number, task: () => void): () => void {
    const timer = { at: this.time + ms, task };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  moveTo(time: number): void {
    for (;;) {
      const due = this.#timers.filter(({ at }) => at <= time).sort((a, b) => a.at - b.at)[0];
      if (!due) break;
      this.#timers = this.#timers.filter((timer) => timer !== due);
      this.time = Math.max(this.time, due.at);
      due.task();
    }
    this.time = time;
  }
}

class Item implements Timed {
  bucket: Bucket | undefined;
  earlier: Timed | undefined;
  later: Timed | undefined;
  readonly fired: number[] = [];
  constructor(
    readonly clock: FakeClock,
    readonly react: () => void = () => {},
  ) {}
  due(): void {
    this.fired.push(this.clock.time);
    this.react();
  }
}

describe("Deadlines", () => {
  it("lets an item fall due at its time or up to the resolution after it, never before", () => {
    const clock = new FakeClock();
    clock.time = 3;
    const deadlines = new Deadlines(clock, 10);
    const items = [0, 1, 6.5, 7, 8, 99, 1_000].map((ms) => {
      const item = new Item(clock);
      deadlines.set(item, ms);
      return { item, at: 3 + ms };
    });
    clock.moveTo(5_000);
    for (const { item, at } of items) {
      expect(item.fired).toHaveLength(1);
      expect(item.fired[0]).toBeGreaterThanOrEqual(at);
      expect(item.fired[0]).toBeLessThan(at + 10);
    }
  });

  it("fires items in the order of their times, whatever the order they were set in", () => {
    const clock = new FakeClock();
    const deadlines = new Deadlines(clock);
    const order: number[] = [];
    for (const ms of [500, 20, 300, 40]) deadlines.set(new Item(clock, () => order.push(ms)), ms);
    clock.moveTo(1_000);
    expect(order).toEqual([20, 40, 300, 500]);
  });

  it("keeps one timer for any number of items", () => {
    const clock = new FakeClock();
    const deadlines = new Deadlines(clock);
    for (let ms = 1_000; ms > 0; ms--) deadlines.set(new Item(clock), ms);
    expect(clock.armed).toBe(1);
  });

  it("forgets a removed item, and one set again falls due at its new time alone", () => {
    const clock = new FakeClock();
    const deadlines = new Deadlines(clock);
    const removed = new Item(clock);
    const moved = new Item(clock);
    deadlines.set(removed, 50);
    deadlines.set(moved, 50);
    deadlines.delete(removed);
    deadlines.set(moved, 200);
    clock.moveTo(1_000);
    expect(removed.fired).toEqual([]);
    expect(moved.fired).toEqual([200]);
  });

  it("does not fire an item that another one of the same moment has removed", () => {
    const clock = new FakeClock();
    const deadlines = new Deadlines(clock);
    const second = new Item(clock);
    const first = new Item(clock, () => deadlines.delete(second));
    deadlines.set(first, 50);
    deadlines.set(second, 50);
    clock.moveTo(1_000);
    expect(first.fired).toHaveLength(1);
    expect(second.fired).toEqual([]);
  });

  it("fires an item that was set again by another one of the same moment at its new time only", () => {
    const clock = new FakeClock();
    const deadlines = new Deadlines(clock);
    const second = new Item(clock);
    const first = new Item(clock, () => deadlines.set(second, 100));
    deadlines.set(first, 50);
    deadlines.set(second, 50);
    clock.moveTo(1_000);
    expect(second.fired).toEqual([150]);
  });

  it("lets an item set itself again while it falls due", () => {
    const clock = new FakeClock();
    const deadlines = new Deadlines(clock);
    const item: Item = new Item(clock, () => {
      if (item.fired.length < 3) deadlines.set(item, 100);
    });
    deadlines.set(item, 100);
    clock.moveTo(1_000);
    expect(item.fired).toEqual([100, 200, 300]);
  });

  it("fires every item set and not removed once, in time, whatever items do to each other when they fire", () => {
    const place = fc.nat({ max: 5 });
    const act = fc.oneof(
      fc.record({ set: place, inMs: fc.constantFrom(0, 5, 10, 25) }),
      fc.record({ remove: place }),
      fc.record({ pass: fc.constantFrom(3, 10, 20) }),
    );
    const steps = fc.array(act, { maxLength: 30 });
    // What an item does when it fires, once.
    const reactions = fc.array(
      fc.oneof(fc.record({ set: place, inMs: fc.constantFrom(0, 10) }), fc.record({ remove: place })),
      {
        minLength: 6,
        maxLength: 6,
      },
    );
    fc.assert(
      fc.property(steps, reactions, (given, reacting) => {
        const clock = new FakeClock();
        const deadlines = new Deadlines(clock);
        /** When each item is due, if it is set. */
        const due = new Map<number, number>();
        const reacted = new Set<number>();
        const change = (action: { set: number; inMs: number } | { remove: number }) => {
          if ("set" in action) {
            deadlines.set(items[action.set]!, action.inMs);
            due.set(action.set, clock.time + action.inMs);
          } else {
            deadlines.delete(items[action.remove]!);
            due.delete(action.remove);
          }
        };
        const items = Array.from({ length: 6 }, (_, index) => {
          return new Item(clock, () => {
            const at = due.get(index);
            expect(at, `item ${index} fired although it was not set`).toBeDefined();
            expect(clock.time).toBeGreaterThanOrEqual(at!);
            expect(clock.time).toBeLessThan(at! + 10);
            due.delete(index);
            if (reacted.has(index)) return;
            reacted.add(index);
            change(reacting[index]!);
          });
        });
        for (const action of given) {
          if ("pass" in action) clock.moveTo(clock.time + action.pass);
          else change(action);
        }
        clock.moveTo(clock.time + 200);
        expect([...due]).toEqual([]);
      }),
      { numRuns: 1_000 },
    );
  });

  it("stops its timer when it is cleared, and works on afterwards", () => {
    const clock = new FakeClock();
    const deadlines = new Deadlines(clock);
    const before = new Item(clock);
    const after = new Item(clock);
    deadlines.set(before, 50);
    deadlines.clear();
    expect(clock.armed).toBe(0);
    deadlines.set(after, 20);
    clock.moveTo(1_000);
    expect([before.fired, after.fired]).toEqual([[], [20]]);
  });
});
