import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type PrefetchInput, prefetchOf } from "./prefetch.js";

const usual: PrefetchInput = { concurrency: 10, serviceMs: 10, roundTripMs: 2, current: 10 };

describe("how much is fetched ahead", () => {
  it("is nothing until the service time is known, and where the way is short beside it", () => {
    expect(prefetchOf({ ...usual, serviceMs: undefined })).toBe(10);
    expect(prefetchOf({ ...usual, serviceMs: 1_000 })).toBe(10);
    expect(prefetchOf({ ...usual, roundTripMs: 0.5 })).toBe(10);
  });

  it("is what the worker runs while the next messages are on their way", () => {
    expect(prefetchOf(usual)).toBe(12);
    expect(prefetchOf({ ...usual, concurrency: 1, current: 1 })).toBe(2);
    expect(prefetchOf({ ...usual, serviceMs: 1 })).toBe(30);
  });

  it("is at most 64, or the concurrency if that is more", () => {
    expect(prefetchOf({ ...usual, serviceMs: 0.01 })).toBe(64);
    expect(prefetchOf({ ...usual, serviceMs: 0 })).toBe(64);
    expect(prefetchOf({ ...usual, concurrency: 100, serviceMs: 0.01, current: 100 })).toBe(100);
  });

  it("does not change for small changes of the service time", () => {
    expect(prefetchOf({ ...usual, serviceMs: 2, current: 20 })).toBe(20);
    expect(prefetchOf({ ...usual, serviceMs: 3, current: 20 })).toBe(20);
    expect(prefetchOf({ ...usual, serviceMs: 4, current: 20 })).toBe(20);
    expect(prefetchOf({ ...usual, serviceMs: 5, current: 20 })).toBe(14);
  });

  it("is a part of the concurrency for a worker that takes a part of its load, and at least 1", () => {
    expect([0, 0.1, 0.55, 0.999].map((share) => prefetchOf({ ...usual, share }))).toEqual([1, 1, 6, 10]);
    expect(prefetchOf({ ...usual, share: 1 })).toBe(12);
  });

  it("is between the concurrency and the bound, enough for the way, and stays as it is when asked again", () => {
    const input = fc.record({
      concurrency: fc.integer({ min: 1, max: 200 }),
      serviceMs: fc.double({ min: 0.001, max: 10_000, noNaN: true }),
      roundTripMs: fc.double({ min: 0, max: 100, noNaN: true }),
      current: fc.integer({ min: 1, max: 300 }),
    });
    fc.assert(
      fc.property(input, (given) => {
        const { concurrency, serviceMs, roundTripMs } = given;
        const prefetch = prefetchOf(given);
        const most = Math.max(64, concurrency);
        expect(prefetch).toBeGreaterThanOrEqual(concurrency);
        expect(prefetch).toBeLessThanOrEqual(most);
        const needed = concurrency * (1 + roundTripMs / serviceMs);
        if (prefetch < most) expect(prefetch).toBeGreaterThanOrEqual(needed - 0.05 * concurrency);
        expect(prefetchOf({ ...given, current: prefetch })).toBe(prefetch);
      }),
    );
  });
});
