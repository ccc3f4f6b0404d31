import { describe, expect, it } from "vitest";
import { json, table } from "./report.js";
import { Tally } from "./tally.js";

function tallied(violations: readonly string[]): Tally {
  const tally = new Tally();
  tally.add({ seed: 7, violations, faults: { kill: { struck: 2, bit: 1 }, drain: { struck: 0, bit: 0 } } });
  tally.add({ seed: 8, violations: [], faults: { kill: { struck: 1, bit: 1 }, drain: { struck: 1, bit: 0 } } });
  return tally;
}

describe("the simulator's report", () => {
  it("adds up how often each fault struck and bit, and says how fast it was", () => {
    const text = table(tallied([]), 4, { rewinds: false });
    expect(text).toMatch(/kill +3 +2\ndrain +1 +0/);
    expect(text).toContain("2 seeds in 4.0 s, 0.5 seeds/s");
    expect(text).toContain("every promise was kept");
  });

  it("names the seed of a violation, the violation, and the command that shows it again", () => {
    const text = table(tallied(["P1: Journal/a, message m1: took effect twice"]), 4, { rewinds: true });
    expect(text).toContain("seed 7 broke a promise");
    expect(text).toContain("npm run simulate -- --seed 7 --rewinds");
    expect(text).toContain("P1: Journal/a, message m1: took effect twice");
    expect(text).not.toContain("kept");
  });

  it("says the same as JSON", () => {
    expect(JSON.parse(json(tallied(["P1"]), 4))).toEqual({
      seeds: 2,
      seconds: 4,
      seedsPerSecond: 0.5,
      faults: { kill: { struck: 3, bit: 2 }, drain: { struck: 1, bit: 0 } },
      broken: [{ seed: 7, violations: ["P1"] }],
    });
  });

  it("knows which kinds of fault never made a difference", () => {
    expect(tallied([]).harmless).toEqual(["drain"]);
  });
});
