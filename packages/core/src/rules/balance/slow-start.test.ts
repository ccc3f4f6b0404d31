import { expect, it } from "vitest";
import { forgiven, outMs, shareAfter } from "./slow-start.js";

it("a worker is out for 10 s, then twice as long each time, at most 5 min", () => {
  expect([0, 1, 2, 4, 5, 2_000].map(outMs)).toEqual([10_000, 20_000, 40_000, 160_000, 300_000, 300_000]);
});

it("a worker comes back with a tenth of its share, and has all of it after 10 s", () => {
  expect([-1, 0, 5_000, 10_000, 1e9].map(shareAfter)).toEqual([0.1, 0.1, 0.55, 1, 1]);
});

it("every 10 s in service forgive one time out", () => {
  expect([0, 9_999, 10_000, 29_999, 1e9].map((backMs) => forgiven(3, backMs))).toEqual([3, 3, 2, 1, 0]);
});
