import { partitionOf } from "@actor-runtime/core";
import { expect, it } from "vitest";
import type { TimedEntry } from "../chaos/chatter.js";
import { silenceIn } from "./silence.js";

const [here, there] = ["a", "b"];

function ask(key: string, began: number, ended: number, answered = true): TimedEntry {
  const end = answered
    ? ({ is: "answered", place: 1 } as const)
    : ({ is: "failed", error: "AskTimeoutError", effect: "unknown" } as const);
  return { sender: "client", key, n: 1, kind: "ask", end, began, ended };
}

it("a partition is silent between answers that follow each other, whoever asked, and failures are no answers", () => {
  const journal = [ask(here, 0, 10), ask(there, 0, 20), ask(here, 50, 110), ask(here, 20, 30), ask(here, 0, 60, false)];
  journal.push(ask(there, 120, 125));
  const { partitions, longestWait } = silenceIn(journal, 2);
  expect(partitions[partitionOf(here, 2)]).toBe(80);
  expect(partitions[partitionOf(there, 2)]).toBe(0);
  expect(longestWait).toBe(60);
});

it("what is answered after the last call is no end of a silence", () => {
  const journal = [ask(here, 0, 10), ask(here, 5, 5_000), ask(here, 30, 40), ask(here, 50, 60)];
  expect(silenceIn(journal, 1)).toEqual({ partitions: [30], longestWait: 4_995 });
});
