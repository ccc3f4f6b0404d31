import { expect, it } from "vitest";
import { longestGap } from "./longest-gap.js";

it("the longest gap lies between neighbours in time, in whatever order they are given", () => {
  expect(longestGap([100, 0, 30, 20, 105])).toBe(70);
});

it("fewer than two moments have no gap", () => {
  expect([longestGap([]), longestGap([5])]).toEqual([0, 0]);
});
