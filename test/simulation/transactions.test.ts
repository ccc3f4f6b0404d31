import { type Simulation, simulate } from "@actor-runtime/testing";
import { describe, expect, it } from "vitest";

const seeds = 20;

describe("transactions under faults that a seed decides", () => {
  it("P9: are whole and isolated, and there is something of everything to judge them by", async () => {
    const simulations: Simulation[] = [];
    for (let seed = 1; seed <= seeds; seed++) simulations.push(await simulate({ seed }));
    expect(simulations.flatMap(({ seed, violations }) => violations.map((what) => `seed ${seed}: ${what}`))).toEqual(
      [],
    );
    const histories = simulations.map(({ transactions }) => transactions);
    const ends = histories.flatMap(({ calls }) =>
      calls.map(({ outcome, reason }) => `${outcome} ${reason ?? ""}`.trim()),
    );
    expect(ends).toEqual(
      expect.arrayContaining(["committed", "aborted rejected", "aborted deadline", "unknown died", "unknown failed"]),
    );
    expect(ends.filter((end) => end === "committed").length).toBeGreaterThan(100);
    const retried = histories.flatMap(({ attempts }) => Object.values(attempts)).filter(({ length }) => length > 1);
    expect(retried.length).toBeGreaterThan(10);
    const counted = (instrument: string) => simulations.reduce((sum, { counts }) => sum + (counts[instrument] ?? 0), 0);
    expect(counted("transaction.wounds")).toBeGreaterThan(10);
    expect(counted("transaction.recoveries")).toBeGreaterThan(0);
  }, 120_000);
});
