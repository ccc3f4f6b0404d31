import { ManualClock } from "@actor-runtime/embedded";
import { beforeEach, describe, expect, it } from "vitest";
import { Timeline } from "./timeline.js";

describe("Timeline", () => {
  let clock: ManualClock;
  let timeline: Timeline;
  let seen: string[];

  beforeEach(() => {
    clock = new ManualClock();
    timeline = new Timeline(clock);
    seen = [];
  });

  function at(ms: number, text: string): void {
    clock.after(ms, () => seen.push(text));
  }

  it("runs what falls due, and leaves what does not", async () => {
    for (const ms of [30, 10, 20, 20.5]) at(ms, `${ms}`);
    await timeline.move(20);
    expect(seen).toEqual(["10", "20"]);
    expect(clock.monotonic()).toBe(20);
  });

  it("lets every promise chain end that a task set off before the next task runs, at however many of them", async () => {
    const chain = async (end: string) => {
      for (let step = 0; step < 50; step++) await Promise.resolve();
      seen.push(end);
    };
    for (let number = 0; number < 200; number++) {
      clock.after(number, () => void chain(`end of ${number}`));
      at(number, `after ${number}`);
    }
    await timeline.move(1_000);
    expect(seen).toEqual(Array.from({ length: 200 }, (_, n) => [`end of ${n}`, `after ${n}`]).flat());
  });

  it("stops at the moment a promise settles, whichever way", async () => {
    let fail!: (error: Error) => void;
    const failed = new Promise((_, reject) => (fail = reject));
    clock.after(10, () => fail(new Error("no")));
    at(10, "at the same time");
    await timeline.move(1_000, failed);
    expect(clock.monotonic()).toBe(10);
    expect(seen).toEqual([]);
  });

  it("moves for several waiters at once, each as long as it wants", async () => {
    const ends: string[] = [];
    const wait = async (ms: number) => {
      await timeline.move(ms);
      ends.push(`${ms} at ${clock.monotonic()}`);
    };
    await Promise.all([wait(50), wait(20), wait(20), wait(70)]);
    expect(ends).toEqual(["20 at 20", "20 at 20", "50 at 50", "70 at 70"]);
  });

  it("stands still when nobody waits", async () => {
    at(5, "later");
    await timeline.move(0);
    await new Promise((resolve) => setImmediate(resolve));
    expect(clock.monotonic()).toBe(0);
    expect(seen).toEqual([]);
  });

  it("fails all who wait when a task throws, and goes on for the next", async () => {
    clock.after(5, () => {
      throw new Error("broken");
    });
    at(6, "after it");
    await Promise.all([
      expect(timeline.move(10)).rejects.toThrow("broken"),
      expect(timeline.move(20)).rejects.toThrow("broken"),
    ]);
    await timeline.move(5);
    expect(seen).toEqual(["after it"]);
  });
});
