import { simulate } from "@actor-runtime/testing";
import { describe, expect, it } from "vitest";
import { Tally } from "./tally.js";

const seedsPerTest = 10;

/** Simulates `count` seeds from `from` on, some per test so that a failure names its own. */
export function sweep(from: number, count: number, { rewinds = false } = {}): void {
  const title = rewinds ? "a cluster whose store loses writes" : "a cluster under faults";
  describe(`${title} that a seed decides`, () => {
    const tally = new Tally();
    const firsts = Array.from({ length: Math.ceil(count / seedsPerTest) }, (_, index) => from + index * seedsPerTest);

    it.each(firsts.map((first) => ({ first, last: Math.min(first + seedsPerTest, from + count) - 1 })))(
      "keeps its promises under seeds $first to $last",
      async ({ first, last }) => {
        for (let seed = first; seed <= last; seed++) {
          const { violations, faults } = await simulate({ seed, rewinds });
          tally.add({ seed, violations, faults });
        }
        expect(tally.broken).toEqual([]);
      },
      120_000,
    );

    it(`was hurt at least once by each kind of fault in those ${count} seeds`, () => {
      expect(tally.seeds).toBe(count);
      expect(tally.harmless).toEqual([]);
    });
  });
}
