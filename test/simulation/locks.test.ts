import { findOverlaps, type LockHistory, simulate } from "@actor-runtime/testing";
import { describe, expect, it } from "vitest";

const seeds = 15;

describe("locks under faults that a seed decides", () => {
  it("P10: frozen holders overlap others at a resource that does not look at fences, and at none that does", async () => {
    let overlaps = 0;
    let refused = 0;
    for (let seed = 1; seed <= seeds; seed++) {
      const { violations, locks } = await simulate({ seed });
      // Also that no write that was taken was a stale one.
      expect({ seed, violations }).toEqual({ seed, violations: [] });
      overlaps += findOverlaps(locks).length;
      refused += staleWrites(locks);
    }
    // Else the checks above would say nothing.
    expect(overlaps).toBeGreaterThan(0);
    expect(refused).toBeGreaterThan(0);
  }, 120_000);

  it("have something of everything to judge by", async () => {
    const histories: LockHistory[] = [];
    for (let seed = 1; seed <= 20; seed++) histories.push((await simulate({ seed })).locks);
    const attempts = histories.flatMap((history) => history.attempts);
    const ends = attempts.map(({ end }) => end);
    expect(ends).toEqual(expect.arrayContaining(["granted", "busy", "timeout", "cancelled", "deadlock", "died"]));
    const kinds = attempts.map(({ mode, nested, process }) => `${mode} ${nested} ${process[0]}`);
    expect(kinds).toEqual(
      expect.arrayContaining(["exclusive true c", "shared false w", "exclusive true w", "shared true c"]),
    );
    expect(histories.flatMap(({ cycles }) => cycles)).not.toEqual([]);
  }, 120_000);
});

/** Those that only a resource without a look at fences would have taken. */
function staleWrites({ writes }: LockHistory): number {
  return writes.filter(({ accepted, held }) => !accepted && !held).length;
}
