import { describe, expect, it } from "vitest";
import {
  abortRetentionMs,
  decideTransaction,
  decisionOn,
  firstEnd,
  isOverdue,
  noDecision,
  type TransactionEffect,
  type TransactionEvent,
  type TransactionState,
} from "./transaction.js";

const until = 10_000;
const now = 9_000;
const members = { "A/1": "write", "A/2": "write", "A/3": "read" } as const;
const forgetAt = until + abortRetentionMs;

const commit: TransactionEvent = { kind: "commit", id: "t:1", members, until };
const abort: TransactionEvent = { kind: "abort", id: "t:1", reason: "lost", until };
const inquire: TransactionEvent = { kind: "inquire", id: "t:1", until };
const wound: TransactionEvent = { ...inquire, wound: "old:1" };
const resolve = (outcome: "commit" | "abort"): TransactionEvent => ({
  kind: "resolve",
  id: "t:1",
  outcome,
  members,
  until,
});
const applied = (changed: readonly string[], id = "t:1"): TransactionEvent => ({
  kind: "applied",
  id,
  members: changed,
});
const all = ["A/2", "A/1"];
const overdue = now + 5_000;

const committed: TransactionState = {
  committed: { id: "t:1", at: now, open: ["A/1", "A/2"] },
  aborted: [],
};
const otherCommitted: TransactionState = { committed: { id: "t:2", at: now, open: ["A/1"] }, aborted: [] };
const aborted: TransactionState = {
  committed: undefined,
  aborted: [{ id: "t:1", reason: "conflict", by: "old:1", forgetAt }],
};

function answerOf(effects: readonly TransactionEffect[]) {
  const answers = effects.flatMap((effect) => (effect.kind === "answer" ? [effect.outcome] : []));
  expect(answers).toHaveLength(1);
  return answers[0]!;
}

function toldOf(effects: readonly TransactionEffect[]): string[] {
  return effects.flatMap((effect) => (effect.kind === "commit" ? `${effect.member} ${effect.participation}` : []));
}

describe("P9: what a coordinator decides, in every state and for every question", () => {
  it.each([
    ["commit, which its caller tells", commit, now, "committed"],
    ["commit in the last millisecond", commit, until, "committed"],
    ["commit past the deadline", commit, until + 1, "aborted deadline"],
    ["abort", abort, now, "aborted lost"],
    ["a participant that asks", inquire, now, "pending"],
    ["a participant that asks past the deadline", inquire, until + 1, "aborted deadline"],
    ["an older transaction that waits", wound, now, "aborted conflict"],
    ["an operator who commits, so that all are told", resolve("commit"), until + 1, "committed"],
    ["an operator who aborts", resolve("abort"), now, "aborted resolved"],
  ] as const)("%s, and nothing is decided", (_, event, at, expected) => {
    const { state, effects } = decideTransaction(noDecision, event, at);
    const answer = answerOf(effects);
    expect(answer.kind === "aborted" ? `aborted ${answer.reason}` : answer.kind).toBe(expected);
    if (answer.kind === "committed") {
      expect(state.committed).toMatchObject({ id: "t:1", at, open: ["A/1", "A/2"] });
      expect(toldOf(effects)).toEqual(event.kind === "resolve" ? ["A/1 write", "A/2 write", "A/3 read"] : []);
    } else {
      expect(state.committed).toBeUndefined();
      expect(toldOf(effects)).toEqual([]);
    }
    expect(state.aborted).toHaveLength(answer.kind === "aborted" ? 1 : 0);
    if (answer.kind === "pending") expect(state).toBe(noDecision);
    else expect(decisionOn(state, "t:1")).toMatchObject(answer);
  });

  const questions = {
    commit,
    abort,
    inquire,
    wound,
    "resolve commit": resolve("commit"),
    "resolve abort": resolve("abort"),
  };
  it.each(Object.entries(questions))("%s, and it is decided: it stays so, whatever the time", (kind, event) => {
    for (const at of [now, until + 1]) {
      expect(decideTransaction(committed, event, at)).toEqual({
        state: committed,
        effects: [{ kind: "answer", outcome: { kind: "committed" } }],
      });
      expect(answerOf(decideTransaction(otherCommitted, event, at).effects)).toEqual({
        kind: "aborted",
        reason: "superseded",
      });
      const { state, effects } = decideTransaction(aborted, event, at);
      expect(effects).toEqual([{ kind: "answer", outcome: { kind: "aborted", reason: "conflict", by: "old:1" } }]);
      expect(state.committed).toBeUndefined();
      expect(state.aborted).toMatchObject(aborted.aborted);
      expect(state.aborted[0]!.certain).toBe(kind === "commit" ? true : undefined);
    }
  });

  it("an operator's decision says that it was one", () => {
    expect(decideTransaction(noDecision, resolve("commit"), now).state.committed?.forced).toBe(true);
    expect(decideTransaction(noDecision, resolve("abort"), now).state.aborted[0]?.forced).toBe(true);
    expect(decideTransaction(noDecision, commit, now).state.committed?.forced).toBeUndefined();
    expect(decideTransaction(noDecision, abort, now).state.aborted[0]?.forced).toBeUndefined();
  });
});

describe("P9: what a coordinator remembers", () => {
  it("is nothing of a transaction that only read", () => {
    const { state, effects } = decideTransaction(noDecision, { ...commit, members: { "A/3": "read" } }, now);
    expect(state).toBe(noDecision);
    expect(toldOf(effects)).toEqual([]);
  });

  it("is a commit until all who change have said so, and nothing of what one of them said", () => {
    expect(decideTransaction(committed, applied(["A/2"]), now)).toEqual({ state: committed, effects: [] });
    expect(decideTransaction(committed, applied(["A/2"]), now).state).toBe(committed);
    expect(decideTransaction(committed, applied(["A/2", "A/3"]), now).state).toBe(committed);
    expect(decideTransaction(committed, applied(all, "t:2"), now).state).toBe(committed);
    expect(decideTransaction(committed, applied(all), now)).toEqual({ state: noDecision, effects: [] });
    expect(decideTransaction(noDecision, applied(all), now)).toEqual({ state: noDecision, effects: [] });
  });

  it("is told again to those who change once they have not all said so for 5 s", () => {
    expect(decideTransaction(committed, { kind: "recover" }, overdue - 1)).toEqual({ state: committed, effects: [] });
    const { state, effects } = decideTransaction(committed, { kind: "recover" }, overdue);
    expect(state).toBe(committed);
    expect(toldOf(effects)).toEqual(["A/1 write", "A/2 write"]);
    expect(decideTransaction(aborted, { kind: "recover" }, overdue)).toEqual({ state: aborted, effects: [] });
    expect(decideTransaction(noDecision, { kind: "recover" }, overdue)).toEqual({ state: noDecision, effects: [] });
  });

  it("is over though word of its end was lost: it was kept for ever", () => {
    expect(decideTransaction(aborted, { kind: "recover" }, forgetAt)).toEqual({ state: noDecision, effects: [] });
    const kept: TransactionState = {
      committed: { id: "t:1", at: now, open: [], keep: { until: forgetAt, result: 1 } },
      aborted: [],
    };
    expect(decideTransaction(kept, { kind: "recover" }, forgetAt)).toEqual({ state: noDecision, effects: [] });
    for (const state of [aborted, kept]) {
      expect(isOverdue(state, forgetAt + 4_999)).toBe(false);
      expect(isOverdue(state, forgetAt + 5_000)).toBe(true);
    }
    expect(isOverdue(committed, overdue - 1)).toBe(false);
    expect(isOverdue(committed, overdue)).toBe(true);
    expect(isOverdue(noDecision, forgetAt)).toBe(false);
  });

  it("is a commit under an idempotency key for its time, though all have changed or only read", () => {
    const keep = { forMs: 5_000, result: { paid: true } };
    for (const only of [members, { "A/3": "read" } as const]) {
      const { state } = decideTransaction(noDecision, { ...commit, members: only, keep }, now);
      expect(firstEnd(state, now)).toBe(now + 5_000);
      const changed = decideTransaction(state, applied(all), now + 1).state;
      expect(changed.committed).toMatchObject({ open: [], keep: { until: now + 5_000, result: { paid: true } } });
      expect(decideTransaction(changed, { kind: "forget" }, now + 4_999).state).toEqual(changed);
      expect(decideTransaction(changed, { kind: "forget" }, now + 5_000).state).toEqual(noDecision);
    }
  });

  it("is a kept commit for longer than its time if somebody has not changed by then", () => {
    const kept: TransactionState = {
      committed: { id: "t:1", at: now, open: ["A/1"], keep: { until: now + 1, result: 1 } },
      aborted: [],
    };
    expect(decideTransaction(kept, { kind: "forget" }, now + 2)).toEqual({ state: kept, effects: [] });
    expect(firstEnd(kept, now + 2)).toBeUndefined();
    expect(decideTransaction(kept, applied(["A/1"]), now + 2).state).toEqual(noDecision);
  });

  it("is an abort until no commit of it could be accepted by the slowest clock", () => {
    expect(firstEnd(decideTransaction(noDecision, wound, now).state, now)).toBe(forgetAt);
    expect(decideTransaction(aborted, { kind: "forget" }, forgetAt - 1).state).toEqual(aborted);
    expect(decideTransaction(aborted, { kind: "forget" }, forgetAt)).toEqual({ state: noDecision, effects: [] });
    const late = until + 500;
    expect(decideTransaction(noDecision, inquire, late).state.aborted[0]?.forgetAt).toBe(late + abortRetentionMs);
  });

  it("attempts of two processes end at different times: what was left when it was woken was never forgotten", () => {
    const both: TransactionState = {
      committed: undefined,
      aborted: [
        { id: "t:1", reason: "conflict", forgetAt: 70_000 },
        { id: "t:2", reason: "conflict", forgetAt: 360_000 },
      ],
    };
    expect(firstEnd(both, 60_000)).toBe(70_000);
    const { state } = decideTransaction(both, { kind: "forget" }, 70_000);
    expect(state.aborted.map(({ id }) => id)).toEqual(["t:2"]);
    expect(firstEnd(state, 70_000)).toBe(360_000);
  });

  it("a participant's question came after everybody had changed, and the commit was called aborted", () => {
    const over = decideTransaction(committed, applied(all), now).state;
    const { state } = decideTransaction(over, wound, now);
    expect(state.aborted).toMatchObject([{ id: "t:1", reason: "conflict" }]);
    expect(state.aborted[0]!.certain).toBeUndefined();
  });

  it("is certain of an abort once a commit was refused", () => {
    const refused = decideTransaction(decideTransaction(noDecision, wound, now).state, commit, now).state;
    expect(refused.aborted).toEqual([
      { id: "t:1", reason: "conflict", by: "old:1", certain: true, forgetAt, forced: undefined },
    ]);
    expect(decideTransaction(refused, commit, now).state).toBe(refused);
    expect(decideTransaction(noDecision, commit, until + 1).state.aborted[0]?.certain).toBe(true);
  });
});
