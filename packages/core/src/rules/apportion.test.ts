import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { apportion } from "./apportion.js";

const inOrder = (a: number, b: number) => a - b;
const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);
const weight = fc.oneof(fc.constantFrom(1, 1, 2, 0.5), fc.double({ min: 0.01, max: 100, noNaN: true }));
const weights = fc.array(weight, { minLength: 1, maxLength: 64 });
const count = fc.integer({ min: 1, max: 1_024 });
/** For what floating point makes of whole shares. */
const e = 1e-9;

describe("apportion", () => {
  it("gives all partitions away, nobody more than ⌈n·wᵢ/Σw⌉, and nobody less than ⌊n·wᵢ/Σw · (1 − W/n)⌋", () => {
    fc.assert(
      fc.property(count, weights, (n, given) => {
        const seats = apportion(n, given, inOrder);
        expect(sum(seats)).toBe(n);
        for (const [index, seat] of seats.entries()) {
          const share = (n * given[index]!) / sum(given);
          expect(seat).toBeLessThanOrEqual(Math.ceil(share - e));
          expect(seat).toBeGreaterThanOrEqual(Math.floor(share * (1 - given.length / n) + e));
        }
      }),
    );
  });

  it("gives equal weights their share rounded up or down", () => {
    fc.assert(
      fc.property(count, fc.integer({ min: 1, max: 64 }), weight, (n, claimants, each) => {
        const seats = apportion(
          n,
          Array.from({ length: claimants }, () => each),
          inOrder,
        );
        for (const seat of seats) expect([Math.floor(n / claimants), Math.ceil(n / claimants)]).toContain(seat);
      }),
    );
  });

  it("takes for a newcomer from the others and gives none of them more", () => {
    fc.assert(
      fc.property(count, weights, weight, (n, given, newcomer) => {
        const before = apportion(n, given, inOrder);
        const after = apportion(n, [...given, newcomer], inOrder);
        for (const [index, seat] of before.entries()) expect(after[index]).toBeLessThanOrEqual(seat);
      }),
    );
  });

  it("decides ties as it is told, by what each has so far", () => {
    expect(apportion(3, [1, 1], inOrder)).toEqual([2, 1]);
    expect(apportion(3, [1, 1], (a, b) => b - a)).toEqual([1, 2]);
    const asked: number[] = [];
    apportion(4, [1, 1], (a, b, given) => {
      asked.push(given[a]!);
      return a - b;
    });
    expect(asked).toEqual([0, 1]);
  });

  it("gives the first ones to the heaviest when there are fewer partitions than claimants", () => {
    expect(apportion(2, [1, 3, 2], inOrder)).toEqual([0, 1, 1]);
  });
});
