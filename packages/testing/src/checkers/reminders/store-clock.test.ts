import { describe, expect, it } from "vitest";
import { StoreClock } from "./store-clock.js";

const steps = [
  { fromMs: 100_000, toMs: 70_000 },
  { fromMs: 90_000, toMs: 120_000 },
];

describe("the store's clock that was set back by 30 s and right again", () => {
  const clock = new StoreClock(50, steps);

  it("is as wrong as ever long before and after", () => {
    expect([clock.wrongBy(59_000), clock.wrongBy(131_000)]).toEqual([50, 50]);
    expect(clock.shownBy(59_000)).toBe(59_050);
    expect(clock.shownBy(131_000)).toBe(131_050);
  });

  it("may be wrong by a step near to it, and what was due before it was set back is not early after", () => {
    expect(clock.wrongBy(65_000)).toBe(30_050);
    expect(clock.wrongBy(95_000)).toBe(60_050);
    expect(clock.shownBy(85_000)).toBe(130_050);
  });

  it("without steps is off by what clocks differ", () => {
    expect(new StoreClock(50, []).shownBy(1_000)).toBe(1_050);
  });
});
