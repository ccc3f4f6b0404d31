import type { HeldActor, TransactionDescription } from "@actor-runtime/runtime";
import { describe, expect, it } from "vitest";
import { resolvedText, transactionsText, transactionText } from "./transactions-print.js";

const at = 10_000;
const held = (address: string, changes: Partial<HeldActor> = {}): HeldActor => ({
  ...{ address, worker: "w1", mode: "exclusive", changes: true, running: false, heldMs: 3_100 },
  ...{ waiting: [], parked: 0, ...changes },
});
const transaction = (id: string, changes: Partial<TransactionDescription> = {}): TransactionDescription => ({
  ...{ id, phase: "running", forced: false, since: 6_800, until: 16_800, held: [], open: [], ...changes },
});
const listed = (...transactions: TransactionDescription[]) =>
  transactionsText({ at, transactions, more: 0, silent: [] });

describe("transactions for people", () => {
  it("have a row for each actor they hold: whether it has voted, and who waits for it", () => {
    const alice = held("Account/alice", { waiting: ["tax:1", "tax:2", "tax:3", "tax:4"], parked: 5 });
    const bob = held("Account/bob", { mode: "shared", changes: false, running: true, heldMs: 12 });
    expect(listed(transaction("pay:1", { held: [alice, bob] }))).toBe(
      "TRANSACTION  PHASE    AGE    LEFT   ACTOR          MODE       VOTE      HELD   WAITED FOR BY\n" +
        "pay:1        running  3.2 s  6.8 s  Account/alice  exclusive  answered  3.1 s  tax:1, tax:2, tax:3 and 1 more\n" +
        "pay:1        running  3.2 s  6.8 s  Account/bob    shared     running   12 ms  -\n",
    );
  });

  it("say why one aborted, that an operator decided, and who has to change yet, be it held or not", () => {
    const lost = { phase: "aborted", reason: "resolved", forced: true, held: [held("Account/a")] } as const;
    expect(listed(transaction("pay:1", lost))).toMatch(
      /\npay:1 +aborted \(resolved\), forced +3\.2 s +6\.8 s +Account\/a /,
    );
    const {
      since: _since,
      until: _until,
      ...late
    } = transaction("pay:2", { phase: "committed", open: ["A/1", "A/2"] });
    expect(listed({ ...late, held: [held("A/2")] })).toMatch(
      /\npay:2 +committed, 2 to change +- +- +A\/2 +exclusive .*\npay:2 +committed, 2 to change +- +- +A\/1 +- +answered +- +-\n$/,
    );
  });

  it("show the first actors of one that holds many, the first of many transactions, and how many more there are", () => {
    const many = Array.from({ length: 11 }, (_, index) => held(`A/${index}`));
    const wide = listed(transaction("pay:1", { held: many }));
    expect(wide.split("\n")).toHaveLength(1 + 8 + 1 + 1);
    expect(wide).toMatch(/\npay:1 +running +3\.2 s +6\.8 s +and 3 more\n$/);
    const transactions = Array.from({ length: 60 }, (_, index) => transaction(`pay:${index}`));
    const long = transactionsText({ at, transactions, more: 1_000, silent: [] });
    expect(long.split("\n")).toHaveLength(1 + 50 + 1 + 1);
    expect(long).toMatch(/\npay:49 +running +3\.2 s +6\.8 s +- +- +- +- +-\nand 1,010 more\n$/);
  });

  it("say so when there is none, and name workers that did not answer", () => {
    expect(listed()).toBe("no transaction holds an actor\n");
    expect(transactionsText({ at, transactions: [], more: 0, silent: ["w2"] })).toBe(
      "no transaction holds an actor\nw2 did not answer: what is held there is not known\n",
    );
  });

  it("show of one all that is known, with worker, changes and parked messages of each actor", () => {
    const alice = held("Account/alice", { waiting: ["tax:1", "tax:2"], parked: 5 });
    const bob = held("Account/bob", { worker: "w2", mode: "shared", changes: false, running: true, heldMs: 12 });
    const found = transaction("pay:1", { held: [alice, bob] });
    expect(transactionText({ at, transaction: found, silent: ["w3"] })).toBe(
      "pay:1\n" +
        "  phase        running\n" +
        "  began        3.2 s ago\n" +
        "  time left    6.8 s\n" +
        "\n" +
        "ACTOR          WORKER  MODE       DOES    VOTE      HELD   PARKED  WAITED FOR BY\n" +
        "Account/alice  w1      exclusive  writes  answered  3.1 s  5       tax:1, tax:2\n" +
        "Account/bob    w2      shared     reads   running   12 ms  0       -\n" +
        "w3 did not answer: what is held there is not known\n",
    );
  });

  it("show of one that is decided why, and whom it waits for", () => {
    const wounded = transaction("pay:1", { phase: "aborted", reason: "conflict", by: "tax:1", until: 9_000 });
    expect(transactionText({ at, transaction: wounded, silent: [] })).toBe(
      "pay:1\n" +
        "  phase        aborted (conflict)\n" +
        "  gave way to  tax:1\n" +
        "  began        3.2 s ago\n" +
        "  time left    0 µs\n",
    );
    const committed = transaction("pay:1", { phase: "committed", open: ["A/1"], held: [] });
    expect(transactionText({ at, transaction: committed, silent: [] })).toContain(
      "  phase        committed, 1 to change\n  began        3.2 s ago\n",
    );
    expect(transactionText({ at, transaction: committed, silent: [] })).toContain("  not changed  A/1\n");
  });

  it("say after a decision who hears of it, each actor once", () => {
    const both = [held("A/1"), held("A/1", { worker: "w2" }), held("A/2")];
    expect(resolvedText({ id: "pay:1", outcome: "abort", held: both })).toBe("aborted: pay:1; A/1, A/2 hear of it\n");
    expect(resolvedText({ id: "pay:1", outcome: "commit", held: [] })).toBe(
      "committed: pay:1; no worker says what it holds\n",
    );
  });
});
