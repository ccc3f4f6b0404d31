import { describe, expect, it } from "vitest";
import { SeededRandom, xoshiro128StarStar } from "./seeded-random.js";

describe("SeededRandom", () => {
  it("draws what the reference implementation of xoshiro128** 1.1 draws from the state 1, 2, 3, 4", () => {
    const draw = xoshiro128StarStar([1, 2, 3, 4]);
    expect(Array.from({ length: 10 }, draw)).toEqual([
      11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597, 4258142804,
    ]);
  });

  it("repeats itself for the same seed and for no other", () => {
    const ids = (seed: number): string[] => {
      const random = new SeededRandom(seed);
      return Array.from({ length: 5 }, () => random.id());
    };
    expect(ids(7)).toEqual(ids(7));
    expect(new Set([...ids(0), ...ids(1), ...ids(2 ** 31)]).size).toBe(15);
  });
});
