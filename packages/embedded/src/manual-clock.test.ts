import { describe, expect, it } from "vitest";
import { ManualClock } from "./manual-clock.js";

describe("ManualClock", () => {
  it("stands still until it is moved", async () => {
    const clock = new ManualClock(1_000);
    let ran = false;
    clock.after(10, () => {
      ran = true;
    });
    await clock.advance(9);
    expect([clock.now(), clock.monotonic(), ran]).toEqual([1_009, 9, false]);
    await clock.advance(1);
    expect([clock.now(), clock.monotonic(), ran]).toEqual([1_010, 10, true]);
  });

  it("shows each task its own time, and lets promise chains settle before the next one", async () => {
    const clock = new ManualClock(0);
    const log: string[] = [];
    clock.after(10, () => {
      void (async () => {
        for (let hop = 0; hop < 20; hop += 1) await Promise.resolve();
        log.push(`chain of the first at ${clock.now()}`);
      })();
    });
    clock.after(20, () => log.push(`second at ${clock.now()}`));
    await clock.advance(100);
    expect(log).toEqual(["chain of the first at 10", "second at 20"]);
    expect(clock.now()).toBe(100);
  });

  it("runs what a task sets within the same move", async () => {
    const clock = new ManualClock(0);
    const times: number[] = [];
    const tick = (): void => {
      times.push(clock.now());
      clock.after(30, tick);
    };
    clock.after(30, tick);
    await clock.advance(100);
    expect(times).toEqual([30, 60, 90]);
  });

  it("settles what is under way when it is moved by nothing", async () => {
    const clock = new ManualClock();
    let settled = false;
    void Promise.resolve().then(async () => {
      await Promise.resolve();
      settled = true;
    });
    await clock.advance(0);
    expect(settled).toBe(true);
  });

  it("moves wall time alone, back too, and no task notices", async () => {
    const clock = new ManualClock(1_000);
    let ran = false;
    clock.after(10, () => {
      ran = true;
    });
    clock.jumpWall(-500);
    expect([clock.now(), clock.monotonic(), ran]).toEqual([500, 0, false]);
    await clock.advance(10);
    expect([clock.now(), clock.monotonic(), ran]).toEqual([510, 10, true]);
  });
});
