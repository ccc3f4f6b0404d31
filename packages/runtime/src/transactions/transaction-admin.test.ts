import {
  type AbortDecision,
  ConflictError,
  InvalidArgumentsError,
  NotStartedError,
  noDecision,
  type TransactionOutcome,
  type TransactionState,
  UnknownTypeError,
} from "@actor-runtime/core";
import { describe, expect, it } from "vitest";
import type { ClusterDescription } from "../cluster.js";
import type { HoldReport, TransactionsReport } from "../inspect/reports.js";
import { transactionAdmin } from "./transaction-admin.js";
import type { Commit, Decided } from "./transaction-calls.js";

type Services = Parameters<typeof transactionAdmin>[0];

const now = 5_000;
const mailbox = { name: "$system", generation: 1, partitions: 2 };
const hold = (transaction: string, address: string, changes: Partial<HoldReport> = {}): HoldReport => ({
  ...{ transaction, address, since: 1_000, until: 11_000, mode: "exclusive", changes: true, running: false },
  ...{ heldMs: 50, waiting: [], parked: 0, ...changes },
});
const report = (worker: string, ...items: HoldReport[]): TransactionsReport => ({
  ...{ worker, at: now, partitions: 2, holds: { items, more: 0 } },
});

interface World {
  /** What coordinators store, by key; they lie in the second partition. */
  readonly decisions?: Readonly<Record<string, TransactionState>>;
  readonly reports?: readonly TransactionsReport[];
  readonly silent?: readonly string[];
  /** Who has the partitions by lease; default: each of those that report has two. */
  readonly holders?: readonly (string | undefined)[];
  /** What a coordinator answers. */
  readonly decided?: TransactionOutcome;
  readonly inDoubt?: Decided;
  /** No worker ever hosted coordinators. */
  readonly empty?: boolean;
}

function adminOf({ decisions = {}, reports = [], silent = [], empty = false, ...given }: World) {
  const asked: [Commit, string][] = [];
  const stored = (key: string) => {
    const state = decisions[key];
    return state && JSON.stringify({ version: 1, state });
  };
  const holders = given.holders ?? reports.flatMap(({ worker }) => [worker, worker]);
  const unhosted = () => Promise.reject(new UnknownTypeError("nobody"));
  const services = {
    store: {
      async *list(partition: string) {
        if (!partition.endsWith("01")) return;
        for (const key of Object.keys(decisions)) yield { address: `$Transaction/${key}`, state: stored(key)! };
      },
      readStates: async (_: string, [address]: readonly string[]) => [stored(address!.slice("$Transaction/".length))],
    },
    directory: {
      mailbox: () => (empty ? unhosted() : Promise.resolve(mailbox)),
      find: () => (empty ? unhosted() : Promise.resolve("$system:g1:01")),
    },
    cluster: {
      inspectTransactions: async ({ transaction } = {}) => ({
        ...{ silent, timeoutMs: 2_000 },
        reports: reports.map(({ holds, ...rest }) => {
          const items = holds.items.filter((each) => transaction === undefined || each.transaction === transaction);
          return { ...rest, holds: { ...holds, items } };
        }),
      }),
      describe: async () =>
        ({
          mailboxes: [{ mailbox, types: [], holders: holders.map((worker) => worker && { worker }) }],
        }) as unknown as ClusterDescription,
    },
    time: { now: () => now },
    calls: {
      resolve: async (commit: Commit, outcome: string) => {
        asked.push([commit, outcome]);
        return given.decided ?? { kind: outcome === "commit" ? "committed" : "aborted", reason: "resolved" };
      },
    } as Services["calls"],
    inDoubt: async () => given.inDoubt,
  } satisfies Services;
  return { admin: transactionAdmin(services), asked };
}

const committed = (id: string, ...open: string[]): TransactionState => ({
  committed: { id, at: 1, open },
  aborted: [],
});
const aborted = (id: string, changes: Partial<AbortDecision> = {}): TransactionState => ({
  committed: undefined,
  aborted: [{ id, reason: "conflict", forgetAt: 70_000, ...changes }],
});

describe("system.transactions", () => {
  it("lists what holds an actor, has not changed everybody, or was forced, and leaves out what is over", async () => {
    const decisions = {
      done: committed("done:1"),
      open: committed("open:1", "Account/a"),
      young: { ...noDecision, committed: { id: "young:1", at: now - 1_000, open: ["Account/d"] } },
      gone: aborted("gone:1"),
      forced: aborted("forced:1", { forced: true }),
      freeing: aborted("freeing:1"),
    };
    const reports = [report("w1", hold("runs:1", "Account/b"), hold("freeing:1", "Account/c"))];
    const found = await adminOf({ decisions, reports }).admin.list();
    expect(found.map(({ id, phase }) => [id, phase])).toEqual([
      ["freeing:1", "aborted"],
      ["runs:1", "running"],
      ["forced:1", "aborted"],
      ["open:1", "committed"],
    ]);
  });

  it("shows also one that is over and still remembered, and nothing of what is not known", async () => {
    const { admin } = adminOf({ decisions: { gone: aborted("gone:1") }, reports: [report("w1")] });
    expect(await admin.show("gone:1")).toMatchObject({ id: "gone:1", phase: "aborted", reason: "conflict" });
    expect(await admin.show("gone:2")).toBeUndefined();
  });

  it("has nothing to say where no worker ever was", async () => {
    const { admin } = adminOf({ empty: true });
    expect([await admin.list(), await admin.show("a:1"), await admin.outcome("a:1")]).toEqual([
      [],
      undefined,
      "unknown",
    ]);
  });

  it("knows the outcome from its own process, else from the coordinator, else from who is held", async () => {
    expect(await adminOf({ inDoubt: { kind: "committed" } }).admin.outcome("a:1")).toBe("committed");
    expect(await adminOf({ decisions: { a: aborted("a:1", { certain: true }) } }).admin.outcome("a:1")).toBe("aborted");
    expect(await adminOf({ decisions: { a: committed("a:2", "A/1") } }).admin.outcome("a:1")).toBe("aborted");
    expect(await adminOf({ reports: [report("w1", hold("a:1", "Account/a"))] }).admin.outcome("a:1")).toBe("running");
    expect(await adminOf({ reports: [report("w1", hold("a:2", "Account/a"))] }).admin.outcome("a:1")).toBe("unknown");
  });

  it("P9: does not call a transaction aborted that may have committed before somebody asked about it", async () => {
    const decisions = { a: aborted("a:1") };
    expect(await adminOf({ decisions }).admin.outcome("a:1")).toBe("unknown");
    const reports = [report("w1", hold("a:1", "Account/a"))];
    expect(await adminOf({ decisions, reports }).admin.outcome("a:1")).toBe("aborted");
  });

  it("refuses what is no id of a transaction", async () => {
    const { admin } = adminOf({});
    for (const id of ["", "a", ":1"]) await expect(admin.show(id)).rejects.toThrow(InvalidArgumentsError);
  });
});

describe("deciding instead of the caller", () => {
  const reports = [
    report("w1", hold("a:1", "Account/a"), hold("b:1", "Account/c")),
    report("w2", hold("a:1", "Account/b", { changes: false, mode: "shared" })),
  ];

  it("asks the coordinator, with what each participant did", async () => {
    for (const outcome of ["commit", "abort"] as const) {
      const { admin, asked } = adminOf({ reports });
      await admin.resolve("a:1", outcome);
      const members = { "Account/a": "write", "Account/b": "read" };
      expect(asked).toEqual([[{ id: "a:1", members, until: 11_000 }, outcome]]);
    }
  });

  it("is done when the same was decided before, and refused when the contrary was", async () => {
    const { admin, asked } = adminOf({ reports, decisions: { a: committed("a:1", "Account/a") } });
    await admin.resolve("a:1", "commit");
    await expect(admin.resolve("a:1", "abort")).rejects.toThrow(
      new ConflictError("transaction a:1 is committed already"),
    );
    expect(asked).toEqual([]);
    const late = adminOf({ reports, decided: { kind: "aborted", reason: "deadline" } });
    await expect(late.admin.resolve("a:1", "commit")).rejects.toThrow(
      new ConflictError("transaction a:1 is aborted already (deadline)"),
    );
  });

  it("P9: commits nothing while a participant has not voted", async () => {
    const running = [report("w1", hold("a:1", "Account/a"), hold("a:1", "Account/b", { running: true }))];
    const { admin, asked } = adminOf({ reports: running });
    await expect(admin.resolve("a:1", "commit")).rejects.toThrow(ConflictError);
    expect(asked).toEqual([]);
    await admin.resolve("a:1", "abort");
    expect(asked).toHaveLength(1);
  });

  it.each<[string, Partial<World>]>([
    ["a worker is silent", { silent: ["w3"], holders: ["w1", "w1", "w2", "w3"] }],
    ["nobody holds a partition", { holders: ["w1", "w1", "w2", undefined] }],
    ["a worker is about to serve one more partition", { holders: ["w1", "w1", "w2", "w2", "w2"] }],
    [
      "there are more than a report can name",
      { reports: [{ ...reports[0]!, holds: { ...reports[0]!.holds, more: 1 } }] },
    ],
  ])("P9: commits nothing while participants may be missing, for %s; aborting is safe", async (_, world) => {
    const { admin, asked } = adminOf({ reports, ...world });
    await expect(admin.resolve("a:1", "commit")).rejects.toThrow(NotStartedError);
    expect(asked).toEqual([]);
    await admin.resolve("a:1", "abort");
    expect(asked).toHaveLength(1);
  });

  it("is refused for what nobody knows, unless somebody did not say", async () => {
    const { admin } = adminOf({ reports });
    await expect(admin.resolve("a:9", "abort")).rejects.toThrow(/nothing is known of transaction a:9/);
    await expect(admin.resolve("a:9", "commit")).rejects.toThrow(InvalidArgumentsError);
    const { admin: half, asked } = adminOf({ reports, silent: ["w3"] });
    await half.resolve("a:9", "abort");
    expect(asked).toEqual([[{ id: "a:9", members: {}, until: now + 300_000 }, "abort"]]);
  });
});
