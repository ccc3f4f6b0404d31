import { type Address, type MemberState, placementOf, type View } from "@actor-runtime/core";
import type { ClusterDescription, MailboxDescription } from "@actor-runtime/runtime";
import { describe, expect, it } from "vitest";
import { isSystemName } from "../system-names.js";
import { changedView, parseAdded } from "./change.js";
import { inspectedCluster, listingTypesTold } from "./inspected-cluster.js";
import { mailboxReport } from "./mailbox-report.js";
import { movesReport } from "./moves.js";
import { partitionRanges } from "./partition-ranges.js";
import { poolsReport } from "./pools-report.js";
import { ringOrder } from "./ring-order.js";
import { typesReport } from "./types-report.js";
import { whereabouts } from "./whereabouts.js";
import { listingTypes, workersReport } from "./workers-report.js";

interface Worker {
  readonly id: string;
  readonly types?: readonly string[];
  readonly weight?: number;
  readonly build?: string;
  readonly state?: MemberState;
}

function viewOf(...workers: readonly Worker[]): View {
  const members = workers.map(({ id, types = ["Account"], weight = 1, build = "", state = "ready" }, index) => ({
    ...{ id, types, weight, build, state },
    incarnation: `run of ${id}`,
    joinedAt: 1_000 + index,
  }));
  return { version: 7, members };
}

/** A mailbox that is placed for the view, each partition held by its owner. */
function settledIn(view: View, changes: Partial<MailboxDescription> = {}): MailboxDescription {
  const { mailbox = { name: "Account", generation: 1, partitions: 16 }, types = ["Account"] } = changes;
  const table = placementOf({ mailbox, types, previous: undefined, view, balance: "always" });
  const holders = table.owners.map((worker) =>
    worker === undefined ? undefined : { worker, fence: 5, remainingMs: 8_000 },
  );
  return { mailbox, types, placement: { version: 1, ...table }, holders, ...changes };
}

function clusterOf(view: View, ...mailboxes: readonly MailboxDescription[]): ClusterDescription {
  return { view, mailboxes, pools: [], paused: [] };
}

const address = (key: string): Address => ({ type: "Account", key });
const alice = address("alice");

/** A key of partition 0 … 15. */
function keyIn(partition: number): string {
  const view = viewOf({ id: "w1" });
  const keys = Array.from({ length: 1_000 }, (_, index) => `k${index}`);
  return keys.find((key) => whereabouts(settledIn(view), view, address(key)).partition === partition)!;
}

const three = viewOf({ id: "w1" }, { id: "w2" }, { id: "w3" });

describe("stateless types", () => {
  it("are hosted by the workers that can take their messages; those of nobody wait", () => {
    const view = viewOf({ id: "w1", types: ["Resize"] }, { id: "w2", types: ["Resize"], state: "unable" });
    const pools = ["Render", "Resize"].map((name) => ({ name, balance: "least-busy", paused: false }));
    const cluster = { ...clusterOf(view), pools };
    expect(poolsReport(cluster).map(({ name, hosts }) => [name, hosts])).toEqual([
      ["Render", []],
      ["Resize", ["w1"]],
    ]);
    expect(workersReport(cluster).unhosted).toEqual(["Render"]);
  });
});

describe("ranges of partitions", () => {
  it.each([
    [[], "-"],
    [[3], "3"],
    [[0, 1, 2, 5, 7, 8], "0-2, 5, 7-8"],
  ])("of %j read %s", (partitions, text) => {
    expect(partitionRanges(partitions)).toBe(text);
  });
});

describe("the report on a mailbox", () => {
  it("gives each worker its partitions, its share and its cap by weight", () => {
    const view = viewOf({ id: "w1" }, { id: "w2", weight: 3 });
    const { workers, handoffs, unheld, unowned } = mailboxReport(settledIn(view), view);
    expect(
      workers.map(({ worker, assigned, held, share, cap }) => [worker, assigned.length, held.length, share, cap]),
    ).toEqual([
      ["w1", 4, 4, 0.25, 4],
      ["w2", 12, 12, 0.75, 12],
    ]);
    expect([handoffs, unheld, unowned]).toEqual([[], [], []]);
  });

  it("does not round a cap up because fractions do not add up", () => {
    const view = viewOf({ id: "w1", weight: 0.7 }, { id: "w2", weight: 0.7 }, { id: "w3", weight: 0.7 });
    const mailbox = { name: "Account", generation: 1, partitions: 3 };
    expect(mailboxReport(settledIn(view, { mailbox }), view).workers.map(({ cap }) => cap)).toEqual([1, 1, 1]);
  });

  it("shows what is held by another than its owner, what by nobody, and what has no owner", () => {
    const placement = { version: 4, view: 7, owners: ["w2", "w2", "w2", "w1", undefined], since: [4, 4, 4, 4, 4] };
    const held = { worker: "w1", fence: 5, remainingMs: 100 };
    const mailbox = { name: "Account", generation: 1, partitions: 5 };
    const description = { mailbox, types: ["Account"], placement, holders: [held, held, undefined, held, undefined] };
    const view = viewOf({ id: "w1" }, { id: "w2" });
    expect(mailboxReport(description, view)).toMatchObject({
      handoffs: [{ from: "w1", to: "w2", partitions: [0, 1] }],
      unheld: [2],
      unowned: [4],
    });
  });
});

describe("the report on workers", () => {
  it("counts what each holds and is assigned over all mailboxes", () => {
    const small = { name: "Note", generation: 1, partitions: 4 };
    const { workers } = workersReport(clusterOf(three, settledIn(three), settledIn(three, { mailbox: small })));
    expect(workers.reduce((sum, { assigned }) => sum + assigned, 0)).toBe(20);
    expect(workers.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1);
    expect(workers.map(({ held, assigned }) => held - assigned)).toEqual([0, 0, 0]);
  });

  it("names the worker that is gone while its leases last, and who waits for them", () => {
    const view = viewOf({ id: "w2" });
    const description = settledIn(view);
    const holders = description.holders.map((holder, index) => (index < 2 ? { ...holder!, worker: "w1" } : holder));
    expect(workersReport(clusterOf(view, { ...description, holders }))).toMatchObject({
      workers: [
        { id: "w1", state: "gone", held: 2, assigned: 0 },
        { id: "w2", state: "ready", held: 14, assigned: 16 },
      ],
      handoffs: [{ mailbox: "Account", from: "w1", to: "w2", partitions: [0, 1] }],
    });
  });

  it("names the types that nobody hosts", () => {
    const view = viewOf({ id: "w1" });
    const orders = { mailbox: { name: "orders", generation: 1, partitions: 4 }, types: ["Invoice", "Order"] };
    const cluster = clusterOf(view, settledIn(view), settledIn(view, orders));
    expect(workersReport(cluster).unhosted).toEqual(["Invoice", "Order"]);
    expect(typesReport({ ...cluster, paused: ["Invoice/17", "Account"] })).toEqual([
      { name: "Account", mailbox: "Account", partitions: 16, hosts: ["w1"], missingAt: [], paused: ["Account"] },
      { name: "Invoice", mailbox: "orders", partitions: 4, hosts: [], missingAt: [], paused: ["Invoice/17"] },
      { name: "Order", mailbox: "orders", partitions: 4, hosts: [], missingAt: [], paused: [] },
    ]);
  });
});

describe("why an actor is where it is", () => {
  it("is its home on the ring, or that those before it on the ring are full", () => {
    const description = settledIn(three);
    const answers = Array.from({ length: 16 }, (_, partition) => {
      const { owner, why } = whereabouts(description, three, address(keyIn(partition)));
      return { owner, why, order: ringOrder(description, three, partition) };
    });
    for (const { owner, why, order } of answers) {
      expect(why[0]).toBe(`its home on the ring is ${order[0]}`);
      const passed = `${order[0]} (is at its cap of 6|has its share, 5).*next with room: ${owner}$`;
      expect(why.join("; ")).toMatch(owner === order[0] ? /^[^;]+$/ : new RegExp(passed));
    }
    expect(new Set(answers.map(({ why }) => why.length > 1)).size).toBe(2);
  });

  it("is a newer build, while a rolling deploy runs", () => {
    const view = viewOf({ id: "w1", build: "a" }, { id: "w2", build: "b" });
    const description = settledIn(view);
    const partition = description.placement!.owners.findIndex(
      (owner, index) => owner === "w2" && ringOrder(description, view, index)[0] === "w1",
    );
    expect(whereabouts(description, view, address(keyIn(partition))).why).toContain("w1 runs an older build");
  });

  it("is that nobody hosts its type", () => {
    const empty = viewOf();
    const { owner, why } = whereabouts(settledIn(empty), empty, alice);
    expect([owner, why]).toEqual([undefined, ["nobody hosts Account: its messages wait"]]);
  });

  it("is that its owner hosts only other types of the mailbox", () => {
    const view = viewOf({ id: "w1", types: ["Account"] }, { id: "w2", types: ["Note"] });
    const description = settledIn(view, { types: ["Account", "Note"] });
    const answers = Array.from({ length: 16 }, (_, index) => whereabouts(description, view, address(keyIn(index))));
    for (const { owner, why } of answers) {
      expect(why.includes("w2 does not host Account: its messages wait")).toBe(owner === "w2");
    }
    expect(new Set(answers.map(({ owner }) => owner))).toEqual(new Set(["w1", "w2"]));
    expect(typesReport(clusterOf(view, description))).toMatchObject([
      { name: "Account", hosts: ["w1"], missingAt: ["w2"] },
      { name: "Note", hosts: ["w2"], missingAt: ["w1"] },
    ]);
  });

  it("is due to change, when its owner is gone", () => {
    const view = viewOf({ id: "w2" });
    const { why } = whereabouts(settledIn(viewOf({ id: "w1" })), view, alice);
    expect(why).toEqual(["w1 is gone; it goes to w2 now"]);
  });

  it("is due to change, when a worker that joined has less than its share", () => {
    const view = viewOf({ id: "w1" }, { id: "w2" });
    const before = settledIn(viewOf({ id: "w1" }));
    const answers = Array.from({ length: 16 }, (_, partition) =>
      whereabouts(before, view, address(keyIn(partition))).why.at(-1),
    );
    const due = answers.filter((why) => why === "w1 had it before; it moves to w2 once the view has been quiet");
    expect(due).toHaveLength(8);
  });

  it.each([
    [
      "another worker that hands it over",
      "w1",
      viewOf({ id: "w1", state: "draining" }, { id: "w2" }),
      "handoff under way from w1",
    ],
    ["a worker that is gone", "w1", viewOf({ id: "w2" }), "w1 is gone, its lease ends soon"],
    ["nobody yet", undefined, viewOf({ id: "w2" }), "nobody has its lease, w2 takes it now"],
  ])("says that it is held by %s", (_, worker, view, words) => {
    const description = settledIn(view);
    const holders = description.holders.map((holder) => (worker === undefined ? undefined : { ...holder!, worker }));
    expect(whereabouts({ ...description, holders }, view, alice).why).toContain(words);
  });
});

describe("the system's own types", () => {
  const locks = { mailbox: { name: "$system", generation: 1, partitions: 8 }, types: ["$Lock"] };
  const isListed = (name: string) => !isSystemName(name);

  it("are in no list, but in the numbers, and said to wait in vain", () => {
    const view = viewOf({ id: "w1", types: ["Account", "$Lock"] });
    const cluster = clusterOf(view, settledIn(view), settledIn(view, locks));
    expect(listingTypes(workersReport(cluster), isListed)).toMatchObject({
      workers: [{ id: "w1", types: ["Account"], held: 24, assigned: 24 }],
      unhosted: [],
    });
    const gone = { ...cluster, view: viewOf({ id: "w1" }) };
    expect(listingTypes(workersReport(gone), isListed).unhosted).toEqual(["$Lock"]);
  });

  it("are not listed of a worker that is inspected either", () => {
    const view = viewOf({ id: "w1" }, { id: "w2" });
    const load = {
      actors: 1,
      running: 0,
      waiting: 0,
      parked: 0,
      delayed: 0,
      paused: { items: [], more: 0 },
      braked: false,
    };
    const types = { items: ["$Lock", "Account"].map((type) => ({ type, mailbox: type, ...load })), more: 0 };
    const told = { worker: "w1", at: 0, partitions: 24, load, types, turns: { items: [], more: 0 } };
    const inspection = { reports: [told], silent: ["w2"], timeoutMs: 2_000 };
    const { workers } = listingTypesTold(inspectedCluster(clusterOf(view, settledIn(view)), inspection), isListed);
    expect(workers.map((worker) => worker.told?.types.items.map(({ type }) => type))).toEqual([["Account"], undefined]);
  });
});

describe("what would move", () => {
  const moving = (view: View, add: readonly string[], remove: readonly string[] = []) => {
    const after = changedView(view, { add: add.map(parseAdded), remove }, ["Account"]);
    return movesReport(settledIn(view), view, after);
  };

  it("if a worker came is its share, from all others, and nothing between those", () => {
    const { moves, moved, ideal, workers, pending } = moving(three, ["w4"]);
    expect([moved, ideal, pending]).toEqual([4, 4, 0]);
    expect(new Set(moves.map(({ to }) => to))).toEqual(new Set(["w4"]));
    expect(workers.map(({ after }) => after)).toEqual([4, 4, 4, 4]);
  });

  it("if a worker left is what it has", () => {
    const { moves, moved } = moving(three, [], ["w2"]);
    const { workers } = mailboxReport(settledIn(three), three);
    expect(moved).toBe(workers.find(({ worker }) => worker === "w2")!.assigned.length);
    expect(new Set(moves.map(({ from }) => from))).toEqual(new Set(["w2"]));
  });

  it("follows weights, several changes at once, and a worker that comes back heavier", () => {
    const { workers } = moving(three, ["w3=3", "w4=4"], ["w1", "w3"]);
    expect(workers.map(({ worker, after }) => [worker, after])).toEqual([
      ["w1", 0],
      ["w2", 2],
      ["w3", 6],
      ["w4", 8],
    ]);
  });

  it("if the last worker left is everything, to nobody", () => {
    const { moves, moved, ideal } = moving(viewOf({ id: "w1" }), [], ["w1"]);
    expect([moves, moved, ideal]).toEqual([
      [{ from: "w1", partitions: Array.from({ length: 16 }, (_, i) => i) }],
      16,
      16,
    ]);
  });

  it("leaves out what moves anyway, and counts it", () => {
    const before = settledIn(viewOf({ id: "w1" }));
    const view = viewOf({ id: "w1" }, { id: "w2" });
    const { pending, moved } = movesReport(before, view, changedView(view, { add: [], remove: [] }, ["Account"]));
    expect([pending, moved]).toEqual([8, 0]);
  });

  it.each(["w4=0", "w4=101", "w4=", "=2", "two words", "w4=heavy"])("refuses --add %s", (text) => {
    expect(() => parseAdded(text)).toThrow(/--add is .* must be a name, or name=weight/);
  });

  it("refuses workers that are not there, or there already, with their names", () => {
    expect(() => moving(three, [], ["w9"])).toThrow("--remove w9: there is no such worker; alive: w1, w2, w3");
    expect(() => moving(three, ["w1"])).toThrow("--add w1: there is a worker of this name already");
    expect(() => moving(three, ["w4", "w4=2"])).toThrow("--add w4: there is a worker of this name already");
  });
});
