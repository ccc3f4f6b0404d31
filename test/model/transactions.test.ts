import { describe, expect, it } from "vitest";
import { search } from "./search.js";
import { transactionModel } from "./transaction-model.js";
import { mutants, protocol } from "./transaction-mutants.js";
import { scenarios } from "./transaction-scenarios.js";

/** How many states each scenario has: another number means that the rules, or the model of them, do something else now. */
const states: Readonly<Record<keyof typeof scenarios, number>> = {
  "two writers": 16_562,
  "two writers, while no worker fails": 1_152,
  "a writer and a reader": 8_966,
  "two readers": 6_090,
  "three writers": 50_228,
  "two writers and a reader, taken again by late calls": 36_993,
  "a writer that is called twice": 7_471,
  "an attempt after one that aborted": 50_708,
  "an attempt after one that aborted, with a reader": 53_285,
  "a turn that calls another, and is lost": 4_732,
  "two processes with one idempotency key": 10_406,
  "a turn that began it, and a crash": 132_400,
  "one participant": 1_203,
  "one partition": 9_142,
  "one partition, with a reader": 976,
  "one partition, three participants": 4_718,
  "one partition, a writer that is called twice": 2_582,
  "one partition, an attempt after one that aborted": 39_203,
  "one partition, a turn that began it, and a crash": 16_195,
  "one partition, while nothing fails": 1_616,
};

describe("P9: in every state that a transaction can come to, it commits everywhere or nowhere, and it ends", () => {
  it.each(Object.entries(scenarios))("%s", { timeout: 60_000 }, (name, scenario) => {
    const { found, states: visited } = search(transactionModel(scenario, protocol));
    expect(found).toBeUndefined();
    expect(visited).toBe(states[name as keyof typeof scenarios]);
  });

  it("numbers of holds are for one partition: a coordinator remembers that the earlier hold was given up", () => {
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
