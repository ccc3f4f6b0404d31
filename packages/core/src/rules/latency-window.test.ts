import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LatencyWindow } from "./latency-window.js";

/** The stated error, and half a µs of rounding. */
function isClose(found: number, ms: number): boolean {
  return Math.abs(found - ms) <= ms / 32 + 0.000_5 + 1e-9;
}

/** The value of rank ⌈q·n⌉ by sorting. */
function quantile(values: readonly number[], q: number): number {
  return values.toSorted((a, b) => a - b)[Math.ceil(q * values.length) - 1]!;
}

const durations = fc.oneof(
  fc.double({ min: 0, max: 0.05, noNaN: true }),
  fc.double({ min: 0, max: 100, noNaN: true }),
  fc.double({ min: 0, max: 4_000_000, noNaN: true }),
);

function fed(values: readonly number[], second: number, window = new LatencyWindow()): LatencyWindow {
  for (const value of values) window.add(value, second);
  return window;
}

describe("the latency window", () => {
  it("gives p50 and p99 as sorting would, within 1/32 of the value", () => {
    fc.assert(
      fc.property(fc.array(durations, { minLength: 1, maxLength: 500 }), (values) => {
        const { count, p50Ms, p99Ms } = LatencyWindow.of([fed(values, 7)], 7)!;
        expect(count).toBe(values.length);
        expect(isClose(p50Ms, quantile(values, 0.5)), `p50 ${p50Ms}`).toBe(true);
        expect(isClose(p99Ms, quantile(values, 0.99)), `p99 ${p99Ms}`).toBe(true);
      }),
    );
  });

  it("gives of several windows what one with all their values would", () => {
    fc.assert(
      fc.property(fc.array(fc.array(durations), { minLength: 1, maxLength: 4 }), (lists) => {
        const together = LatencyWindow.of(
          lists.map((values) => fed(values, 1)),
          1,
        );
        expect(together).toEqual(LatencyWindow.of([fed(lists.flat(), 1)], 1));
      }),
    );
  });

  it("keeps what is younger than 30 s and forgets what is 60 s old", () => {
    fc.assert(
      fc.property(fc.nat(200), fc.nat(200), (addedAt, age) => {
        const seen = LatencyWindow.of([fed([5], addedAt)], addedAt + age) !== undefined;
        if (age < 30) expect(seen).toBe(true);
        if (age >= 60) expect(seen).toBe(false);
      }),
    );
  });

  it("forgets what is old also while new values come", () => {
    const window = fed([1_000], 0);
    for (let second = 1; second < 60; second++) window.add(1, second);
    expect(LatencyWindow.of([window], 60)!.p99Ms).toBeCloseTo(1, 1);
  });

  it("counts what is longer than it can tell apart, or shorter than nothing, at its ends", () => {
    const { p50Ms, p99Ms } = LatencyWindow.of([fed([-1, -1, 1e12], 0)], 0)!;
    expect(p50Ms).toBe(0);
    expect(isClose(p99Ms, 2 ** 32 / 1_000)).toBe(true);
  });

  it("holds nothing at first", () => {
    expect(LatencyWindow.of([new LatencyWindow()], 1_000)).toBeUndefined();
    expect(LatencyWindow.of([], 0)).toBeUndefined();
  });
});
