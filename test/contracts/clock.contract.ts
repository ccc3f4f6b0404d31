import type { Clock } from "@actor-runtime/core";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { eventually } from "./samples.js";

export interface ClockUnderTest {
  readonly port: Clock;
  /** A short time on this clock. */
  readonly unitMs: number;
  /** Lets time pass, at least this long. */
  pass(ms: number): Promise<void>;
  dispose(): Promise<void>;
}

/** What every clock does. */
export function clockContract(name: string, make: () => Promise<ClockUnderTest>): void {
  describe(`${name}: clock`, () => {
    let under: ClockUnderTest;
    let clock: Clock;
    let unitMs: number;

    beforeEach(async () => {
      under = await make();
      ({ port: clock, unitMs } = under);
    });

    afterEach(() => under.dispose());

    it("tells wall time in milliseconds since 1970", () => {
      expect(clock.now()).toBeGreaterThan(Date.UTC(2020, 0, 1));
      expect(clock.now()).toBeLessThan(Date.UTC(2200, 0, 1));
    });

    it("measures how much time has passed", async () => {
      const [wall, monotonic] = [clock.now(), clock.monotonic()];
      await under.pass(unitMs);
      // A millisecond less: real clocks round.
      expect(clock.monotonic() - monotonic).toBeGreaterThanOrEqual(unitMs - 1);
      expect(clock.now() - wall).toBeGreaterThanOrEqual(unitMs - 2);
    });

    it("runs a task once, after its time and never inside the call", async () => {
      const start = clock.monotonic();
      const runs: number[] = [];
      clock.after(unitMs, () => runs.push(clock.monotonic() - start));
      expect(runs).toEqual([]);
      await under.pass(unitMs * 2);
      await eventually(() => expect(runs).toHaveLength(1));
      expect(runs[0]).toBeGreaterThanOrEqual(unitMs - 1);
      await under.pass(unitMs * 2);
      expect(runs).toHaveLength(1);
    });

    it("runs a task that is due at once soon, but not inside the call", async () => {
      const task = vi.fn<() => void>();
      clock.after(0, task);
      expect(task).not.toHaveBeenCalled();
      await under.pass(unitMs);
      await eventually(() => expect(task).toHaveBeenCalledOnce());
    });

    it("runs tasks by their times, and those of one time in the order they were set", async () => {
      const order: string[] = [];
      clock.after(unitMs * 3, () => order.push("third"));
      clock.after(unitMs, () => order.push("first"));
      clock.after(unitMs * 2, () => order.push("second, a"));
      clock.after(unitMs * 2, () => order.push("second, b"));
      await under.pass(unitMs * 4);
      await eventually(() => expect(order).toEqual(["first", "second, a", "second, b", "third"]));
    });

    it("does not run a task that was cancelled, however often", async () => {
      const [cancelled, kept] = [vi.fn<() => void>(), vi.fn<() => void>()];
      const cancel = clock.after(unitMs, cancelled);
      clock.after(unitMs * 2, kept);
      cancel();
      cancel();
      await under.pass(unitMs * 3);
      await eventually(() => expect(kept).toHaveBeenCalledOnce());
      expect(cancelled).not.toHaveBeenCalled();
    });

    it("takes the cancelling of a task that ran", async () => {
      const task = vi.fn<() => void>();
      const cancel = clock.after(0, task);
      await under.pass(unitMs);
      await eventually(() => expect(task).toHaveBeenCalledOnce());
      cancel();
    });

    it("lets a task set the next one", async () => {
      let runs = 0;
      const again = (): void => {
        runs += 1;
        if (runs < 3) clock.after(unitMs, again);
      };
      clock.after(unitMs, again);
      await under.pass(unitMs * 6);
      await eventually(() => expect(runs).toBe(3));
    });

    it("does not hurry a task that is months away", async () => {
      const task = vi.fn<() => void>();
      const cancel = clock.after(90 * 24 * 3_600_000, task);
      await under.pass(unitMs);
      expect(task).not.toHaveBeenCalled();
      cancel();
    });
  });
}
