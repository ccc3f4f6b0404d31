import { simulate } from "@actor-runtime/testing";
import { describe, expect, it } from "vitest";

describe("a cluster whose clocks, the store's too, are set back and right again", () => {
  it("P1: keeps its promises, and each tick of a reminder comes once and not before its time", async () => {
    let struck = 0;
    for (let seed = 1; seed <= 10; seed++) {
      const { violations, faults } = await simulate({ seed, clockSteps: true });
      expect({ seed, violations }).toEqual({ seed, violations: [] });
      struck += faults["set all clocks"]!.bit;
    }
    expect(struck).toBeGreaterThan(3);
  }, 120_000);
});
