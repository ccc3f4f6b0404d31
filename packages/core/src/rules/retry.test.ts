import { describe, expect, it } from "vitest";
import { retryDelayMs } from "./retry.js";

const backoff = { firstMs: 200, maxMs: 60_000 };
const bounds = (random: number, attempts: number[]) =>
  attempts.map((attempt) => retryDelayMs(attempt, backoff, random));

describe("the wait before another attempt", () => {
  it("doubles its bound with every attempt up to the most", () => {
    expect(bounds(0.5, [1, 2, 3, 8, 9, 10, 11])).toEqual([100, 200, 400, 12_800, 25_600, 30_000, 30_000]);
  });

  it("is spread over the whole time below its bound", () => {
    expect([0.25, 0.5, 0.75].map((random) => retryDelayMs(4, backoff, random))).toEqual([400, 800, 1_200]);
  });

  it("is never below a millisecond and never over the most, even after a thousand attempts", () => {
    expect(retryDelayMs(1, backoff, 0)).toBe(1);
    expect(retryDelayMs(1_000, backoff, 0.999_999)).toBe(60_000);
  });
});
