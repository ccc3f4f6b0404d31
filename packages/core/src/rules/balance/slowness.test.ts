import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { HandlerTime } from "./service-times.js";
import { slownessOf } from "./slowness.js";

const times = (handler: string, meanMs: number, count = 20): HandlerTime => ({ handler, meanMs, count });

describe("how slow a worker is", () => {
  it("is its time over that of its peers", () => {
    expect(slownessOf([times("resize", 100)], [[times("resize", 10)], [times("resize", 10)]])).toBe(10);
    expect(
      slownessOf([times("resize", 10)], [[times("resize", 10)], [times("resize", 100)], [times("resize", 9)]]),
    ).toBe(1);
  });

  it("is no matter of which handlers it runs", () => {
    const peers = [1, 2, 3].map(() => [times("crop", 1), times("render", 1_000)]);
    expect(slownessOf([times("render", 1_000, 500), times("crop", 1, 5)], peers)).toBe(1);
  });

  it("counts each handler by the time it takes", () => {
    const peers = [1, 2].map(() => [times("crop", 1), times("render", 100)]);
    expect(slownessOf([times("crop", 8, 10), times("render", 100, 10)], peers)).toBeCloseTo(1_080 / 1_010);
  });

  it("cannot be said of handlers that nobody else ran, or one peer only", () => {
    expect(slownessOf([times("resize", 100)], [])).toBeUndefined();
    expect(slownessOf([times("resize", 100)], [[times("resize", 10)], [times("crop", 10)]])).toBeUndefined();
  });

  it("cannot be said of fewer than 5 runs, its own or those of the peers", () => {
    const peers = [[times("resize", 10)], [times("resize", 10)]];
    expect(slownessOf([times("resize", 100, 4.9)], peers)).toBeUndefined();
    expect(slownessOf([times("resize", 100, 5)], peers)).toBe(10);
    expect(slownessOf([times("resize", 100)], [[times("resize", 10)], [times("resize", 10, 4)]])).toBeUndefined();
  });

  it("cannot be said where peers take no time", () => {
    expect(slownessOf([times("resize", 100)], [[times("resize", 0)], [times("resize", 0)]])).toBeUndefined();
  });

  it("is above 3 for fewer than half of the workers, whatever their times", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 10_000 }), { minLength: 3, maxLength: 9 }), (means) => {
        const all = means.map((meanMs) => [times("resize", meanMs)]);
        const slow = all.filter(
          (own) =>
            (slownessOf(
              own,
              all.filter((other) => other !== own),
            ) ?? 0) > 3,
        );
        expect(slow.length).toBeLessThanOrEqual(all.length / 2);
      }),
    );
  });
});
