import { describe, expect, it } from "vitest";
import { RepeatBudget } from "./repeat-budget.js";

/** How many repeats are let through at once. */
function allowed(budget: RepeatBudget, now: number): number {
  let count = 0;
  while (budget.take(now)) count++;
  return count;
}

describe("S8: repeats", () => {
  it("are at most a tenth of the asks of the last ten seconds", () => {
    const budget = new RepeatBudget();
    for (let i = 0; i < 1_000; i++) budget.asked(i);
    expect(allowed(budget, 1_000)).toBe(100);
    expect(allowed(budget, 9_999)).toBe(0);
  });

  it("are always a few, however little was asked", () => {
    expect(allowed(new RepeatBudget(), 123_456)).toBe(10);
  });

  it("leave room again as they grow older", () => {
    const budget = new RepeatBudget();
    for (let now = 0; now < 60_000; now += 5) budget.asked(now);
    expect(allowed(budget, 60_000)).toBe(200);
    for (let now = 60_000; now < 75_000; now += 5) budget.asked(now);
    // Half of them are younger than ten seconds still.
    expect(allowed(budget, 75_000)).toBe(100);
  });

  it("forget what was asked long ago", () => {
    const budget = new RepeatBudget();
    for (let i = 0; i < 100_000; i++) budget.asked(0);
    expect(allowed(budget, 30_000)).toBe(10);
  });
});
