import { expect, it } from "vitest";
import { jainsIndex } from "./contention.js";

it("Jain's index is 1 when all had as many, and the share of those who had any when the others had none", () => {
  expect(jainsIndex([7, 7, 7, 7])).toBe(1);
  expect(jainsIndex([9, 0, 0, 0])).toBe(0.25);
  expect(jainsIndex([5, 5, 0, 0])).toBe(0.5);
});
