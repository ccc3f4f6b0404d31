import type { Logger, Telemetry } from "@actor-runtime/core";
import { describe, expect, it } from "vitest";
import { Contradictions } from "./contradictions.js";

function heard() {
  const reported: unknown[] = [];
  let counted = 0;
  const log = { error: (fields: unknown) => reported.push(fields) } as unknown as Logger;
  const telemetry = {
    count: (name: string) => {
      if (name === "transaction.contradictions") counted += 1;
    },
  } as unknown as Telemetry;
  const contradictions = new Contradictions({ log, telemetry });
  return { contradictions, reported, counted: () => counted };
}

describe("an operator's commit and a caller that gives up", () => {
  it("P9: contradict each other, whichever comes first", () => {
    const { contradictions, reported, counted } = heard();
    contradictions.forced("a:1", "Account/x");
    contradictions.givenUp("a:1", "Account/x");
    contradictions.givenUp("b:1", "Account/x");
    contradictions.forced("b:1", "Account/y");
    expect(reported).toEqual([
      { transaction: "a:1", address: "Account/x" },
      { transaction: "b:1", address: "Account/y" },
    ]);
    expect(counted()).toBe(2);
  });

  it("do not where they are said of different attempts, or once alone", () => {
    const { contradictions, reported } = heard();
    contradictions.forced("a:1", "Account/x");
    contradictions.forced("a:1", "Account/y");
    contradictions.givenUp("a:2", "Account/x");
    expect(reported).toEqual([]);
  });

  it("P12: are remembered of the last 1,000 transactions", () => {
    const { contradictions, reported } = heard();
    for (let number = 0; number <= 1_000; number++) contradictions.givenUp(`a:${number}`, "Account/x");
    contradictions.forced("a:0", "Account/x");
    expect(reported).toEqual([]);
    contradictions.forced("a:1", "Account/x");
    expect(reported).toHaveLength(1);
  });
});
