import { describe, expect, it } from "vitest";
import type { Entry } from "./journal.js";
import type { Applied } from "./ledger.js";
import { complaints } from "./verdict.js";

const tell = (n: number): Entry => ({ sender: "a", key: "k", n, kind: "tell", end: { is: "confirmed" } });
const ask = (n: number, place = n): Entry => ({
  sender: "a",
  key: "k",
  n,
  kind: "ask",
  end: { is: "answered", place },
});
const failed = (n: number, effect: "none" | "unknown"): Entry => ({
  sender: "a",
  key: "k",
  n,
  kind: "ask",
  end: { is: "failed", error: "AskTimeoutError", effect },
});
const ledger = (...numbers: number[]) => new Map<string, Applied>([["k", { a: numbers }]]);

describe("the verdict on a story", () => {
  it("has nothing to say when every promise was kept", () => {
    expect(complaints([tell(1), ask(2), failed(3, "none"), failed(4, "unknown")], ledger(1, 2))).toEqual([]);
    expect(complaints([tell(1), failed(2, "unknown"), ask(3)], ledger(1, 2, 3))).toEqual([]);
    expect(complaints([], new Map())).toEqual([]);
  });

  it.each<[string, Entry[], ReadonlyMap<string, Applied>, string]>([
    [
      "P1: a confirmed tell is missing",
      [tell(1), tell(2)],
      ledger(1),
      "a to k: tell 2 was confirmed and took no effect",
    ],
    ["P1: an actor is missing as a whole", [tell(1)], new Map(), "a to k: tell 1 was confirmed and took no effect"],
    ["P1: a tell took effect twice", [tell(1)], ledger(1, 1), "a to k: 1 took effect twice"],
    ["P2: an ask that returned is missing", [ask(1)], ledger(), "a to k: ask 1 was answered and took no effect"],
    ["P2: an ask took effect twice", [ask(1)], ledger(1, 1), "a to k: 1 took effect twice"],
    [
      "P2: an answer is that of another turn",
      [tell(1), ask(2, 1)],
      ledger(1, 2),
      "a to k: ask 2 was answered 1 and stands at 2",
    ],
    ["a failed ask took effect twice", [failed(1, "unknown")], ledger(1, 1), "a to k: 1 took effect twice"],
    [
      "an ask failed without effect, by its error, and took effect",
      [failed(1, "none")],
      ledger(1),
      "a to k: ask 1 failed with AskTimeoutError, which means no effect, and took effect",
    ],
    ["P3: the order is not kept", [tell(1), tell(2)], ledger(2, 1), "a to k: 1 took effect after 2"],
    ["something took effect that nobody sent", [tell(1)], ledger(1, 2), "a to k: 2 took effect and was never sent"],
    [
      "something took effect from somebody unknown",
      [],
      new Map([["k", { b: [1] }]]),
      "b to k: 1 took effect and was never sent",
    ],
    ["the journal itself is wrong", [tell(1), tell(1)], ledger(1), "a to k: number 1 stands twice in the journal"],
  ])("finds that %s", (_, journal, ledgers, complaint) => {
    expect(complaints(journal, ledgers)).toEqual([complaint]);
  });
});
