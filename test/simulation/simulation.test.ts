import { type History, simulate } from "@actor-runtime/testing";
import { describe, expect, it } from "vitest";

describe("a simulation", () => {
  it("gives the same history for the same seed, and another one for another", async () => {
    const [first, again, other] = [
      await simulate({ seed: 1 }),
      await simulate({ seed: 1 }),
      await simulate({ seed: 2 }),
    ];
    expect(again.hash).toBe(first.hash);
    expect(again.faults).toEqual(first.faults);
    expect(other.hash).not.toBe(first.hash);
  }, 120_000);

  it("has something of everything to judge by", async () => {
    const histories: History[] = [];
    for (let seed = 1; seed <= 20; seed++) histories.push((await simulate({ seed })).history);
    const outcomes = histories.flatMap(({ calls }) => calls.map(({ kind, outcome: { state } }) => `${kind} ${state}`));
    expect(outcomes).toEqual(
      expect.arrayContaining(["tell confirmed", "ask answered", "ask failed", "query answered"]),
    );
    const ends = histories.flatMap(({ turns }) => turns.map(({ kind, end }) => `${kind} ${end}`));
    expect(ends).toEqual(
      expect.arrayContaining(["handler returned", "handler thrown", "handler never", "query returned"]),
    );
    expect(histories.flatMap(({ deadLetters }) => deadLetters)).not.toEqual([]);
    expect(histories.flatMap(({ calls }) => calls.filter(({ key }) => key !== undefined))).not.toEqual([]);
  }, 120_000);
});
