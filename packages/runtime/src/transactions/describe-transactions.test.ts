import type { TransactionState } from "@actor-runtime/core";
import { describe, expect, it } from "vitest";
import type { HoldReport, TransactionsReport } from "../inspect/reports.js";
import { describeTransactions } from "./describe-transactions.js";

const hold = (transaction: string, address: string, changes: Partial<HoldReport> = {}): HoldReport => ({
  ...{ transaction, address, since: 1_000, until: 11_000, mode: "exclusive", changes: true, running: false },
  ...{ heldMs: 50, waiting: [], parked: 0, ...changes },
});
const report = (worker: string, ...items: HoldReport[]): TransactionsReport => ({
  ...{ worker, at: 2_000, partitions: 8, holds: { items, more: 0 } },
});
const decisions = (key: string, state: Partial<TransactionState>) =>
  new Map([[key, { committed: undefined, aborted: [], ...state }]]);

describe("what is known of transactions", () => {
  it("puts together what all workers hold for one, by address, and runs while nothing is decided", () => {
    const alice = hold("pay:1", "Account/alice", { waiting: ["tax:1"], parked: 2 });
    const bob = hold("pay:1", "Account/bob", { running: true, mode: "shared", changes: false });
    expect(describeTransactions(new Map(), [report("w1", bob), report("w2", alice)])).toEqual([
      {
        id: "pay:1",
        phase: "running",
        forced: false,
        since: 1_000,
        until: 11_000,
        held: [
          {
            ...{ address: "Account/alice", worker: "w2", mode: "exclusive", changes: true, running: false },
            ...{ heldMs: 50, waiting: ["tax:1"], parked: 2 },
          },
          {
            ...{ address: "Account/bob", worker: "w1", mode: "shared", changes: false, running: true },
            ...{ heldMs: 50, waiting: [], parked: 0 },
          },
        ],
        open: [],
      },
    ]);
  });

  it("lists the oldest first, and last those of which nobody says how old they are", () => {
    const reports = [
      report("w1", hold("b:1", "A/1", { since: 900 }), hold("a:1", "A/2"), hold("c:1", "A/3", { since: 950 })),
    ];
    const committed = { id: "0:1", at: 1, open: ["A/9"] };
    const ids = describeTransactions(decisions("0", { committed }), reports).map(({ id }) => id);
    expect(ids).toEqual(["b:1", "c:1", "a:1", "0:1"]);
  });

  it("says that one committed, who has not changed yet, and whether an operator decided", () => {
    const committed = { id: "pay:2", at: 1_500, open: ["Account/bob"], forced: true } as const;
    const found = describeTransactions(decisions("pay", { committed }), [report("w1", hold("pay:2", "Account/bob"))]);
    expect(found).toMatchObject([{ id: "pay:2", phase: "committed", forced: true, open: ["Account/bob"] }]);
  });

  it("says why one aborted and what it gave way to, also while it still holds something", () => {
    const aborted = [{ id: "pay:1", reason: "conflict", by: "tax:1", forgetAt: 70_000 } as const];
    const found = describeTransactions(decisions("pay", { aborted }), [report("w1", hold("pay:1", "Account/bob"))]);
    expect(found).toMatchObject([
      { id: "pay:1", phase: "aborted", reason: "conflict", by: "tax:1", forced: false, open: [], since: 1_000 },
    ]);
    expect(describeTransactions(decisions("pay", { aborted }), [])[0]).not.toHaveProperty("since");
  });

  it("of an attempt whose sibling committed says that this one never can", () => {
    const committed = { id: "pay:2", at: 1_500, open: ["Account/bob"] };
    const found = describeTransactions(decisions("pay", { committed }), [report("w1", hold("pay:1", "Account/eve"))]);
    expect(found.map(({ id, phase, reason }) => [id, phase, reason])).toEqual([
      ["pay:1", "aborted", "superseded"],
      ["pay:2", "committed", undefined],
    ]);
  });

  it("tells transactions apart whose keys have colons", () => {
    const committed = { id: "a:b:1", at: 1_500, open: ["Account/bob"] };
    const found = describeTransactions(decisions("a:b", { committed }), [report("w1", hold("a:1", "Account/eve"))]);
    expect(found.map(({ id, phase }) => [id, phase])).toEqual([
      ["a:1", "running"],
      ["a:b:1", "committed"],
    ]);
  });
});
