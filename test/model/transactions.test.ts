import { describe, expect, it } from "vitest";
import { search } from "./search.js";
import { transactionModel } from "./transaction-model.js";
import { mutants, protocol } from "./transaction-mutants.js";
import { scenarios } from "./transaction-scenarios.js";

/** How many states each scenario has: another number means that the rules, or the model of them, do something else now. */
const states: Readonly<Record<keyof typeof scenarios, number>> = {
  "two writers": 10_058,
  "a writer and a reader": 9_092,
  "two readers": 7_234,
  "three writers": 18_272,
  "two writers and a reader, taken again by late calls": 36_129,
  "a writer that is called twice": 7_063,
  "an attempt after one that aborted": 33_624,
  "an attempt after one that aborted, with a reader": 54_687,
  "two processes with one idempotency key": 8_526,
  "a turn that began it, and a crash": 89_512,
  "one participant": 2_913,
  "one partition": 9_142,
  "one partition, with a reader": 976,
  "one partition, three participants": 4_718,
  "one partition, a writer that is called twice": 15_229,
  "one partition, an attempt after one that aborted": 39_203,
  "one partition, a turn that began it, and a crash": 13_025,
  "one partition, while nothing fails": 1_616,
};

describe("P9: in every state that a transaction can come to, it commits everywhere or nowhere, and it ends", () => {
  it.each(Object.entries(scenarios))("%s", { timeout: 60_000 }, (name, scenario) => {
    const { found, states: visited } = search(transactionModel(scenario, protocol));
    expect(found).toBeUndefined();
    expect(visited).toBe(states[name as keyof typeof scenarios]);
  });

  it("the coordinator need not know which hold an answer came from: it remembers that the earlier one was given up", () => {
    const mistake = "nobody looks which hold an answer came from";
    const scenario = scenarios["a writer that is called twice"];
    expect(search(transactionModel(scenario, { ...protocol, mistake })).found).toBeUndefined();
  });
});

describe("P9: the search finds what goes wrong when", () => {
  it.each(Object.entries(mutants))("%s", { timeout: 60_000 }, (_, mutant) => {
    const { found } = search(transactionModel(scenarios[mutant.scenario], mutant.protocol));
    expect(found).toMatchObject({ wrong: mutant.wrong });
  });
});
