import type { Clock } from "@actor-runtime/core";
import { describe, expect, it } from "vitest";
import { StoreTime } from "./store-time.js";

/** Wall and elapsed time, moved by hand. */
class HandClock implements Clock {
  wall = 1_000_000;
  elapsed = 0;
  now = () => this.wall + this.elapsed;
  monotonic = () => this.elapsed;
  after = () => () => {};
}

function start() {
  const clock = new HandClock();
  return { clock, time: new StoreTime(clock) };
}

describe("O4, S6: the store's time", () => {
  it("is the process's own until it was told", () => {
    const { clock, time } = start();
    clock.elapsed = 500;
    expect([time.now(), time.skew]).toEqual([1_000_500, 0]);
  });

  it("goes on from what was told, taken in the middle of question and answer", () => {
    const { clock, time } = start();
    clock.elapsed = 540;
    time.correct(3_000_000, 500);
    expect(time.now()).toBe(3_000_020);
    clock.elapsed += 1_000;
    expect(time.now()).toBe(3_001_020);
  });

  it("is not moved by a slow answer that agrees with it: it was wrong then by half of that one's delay", () => {
    const { clock, time } = start();
    clock.elapsed = 502;
    time.correct(3_000_001, 500);
    clock.elapsed = 1_102;
    time.correct(3_000_003, 502);
    expect(time.now()).toBe(3_000_602);
  });

  it("follows the store where the two disagree, however slow the answer was", () => {
    const { clock, time } = start();
    time.correct(3_000_000);
    clock.elapsed = 600;
    time.correct(2_000_000, 500);
    expect(time.now()).toBe(2_000_050);
  });

  it("does not follow a wall clock that jumps, but tells how far it is off", () => {
    const { clock, time } = start();
    time.correct(1_000_000);
    clock.wall -= 5_000;
    expect([time.now(), time.skew]).toEqual([1_000_000, -5_000]);
  });
});
