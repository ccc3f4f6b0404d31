import { InvalidAddressError, RejectedError, UnknownTypeError } from "@actor-runtime/core";
import { RecordingTelemetry } from "@actor-runtime/embedded";
import {
  Actor,
  ActorContext,
  type ActorInspection,
  type ActorReport,
  Handler,
  inject,
  type LocalSystem,
  type Obstacle,
  Query,
  State,
} from "@actor-runtime/runtime";
import { beforeEach, describe, expect, it } from "vitest";
import { Gate, Rig, refusalOf, watch } from "./support.js";

let rig: Rig;
let system: LocalSystem;
let gate: Gate;
let failing: boolean;
let constructed: number;

@Actor("Account", { partitions: 2 })
class Account {
  private readonly self = inject(ActorContext);
  @State() private balance = 0;

  constructor() {
    constructed += 1;
  }

  @Handler() deposit(amount: number): number {
    return (this.balance += amount);
  }
  @Handler({ timeout: "1h" }) async audit(amount: number): Promise<void> {
    this.balance += amount;
    await gate.pass();
  }
  @Handler({ timeout: "1h" }) async payVia(bank: string): Promise<void> {
    this.balance -= 1;
    await this.self.ref(Bank, bank).with({ timeout: "30s" }).book(this.self.key);
  }
  @Handler() pay(): void {
    if (failing) throw new TypeError(`no bank${"!".repeat(600)}`);
  }
  @Handler() refuse(): void {
    throw new RejectedError("no");
  }
  @Query() async watch(): Promise<number> {
    await gate.pass();
    return this.balance;
  }
}

@Actor("Bank", { partitions: 2 })
class Bank {
  @Handler({ timeout: "1h" }) async book(_key: string): Promise<void> {
    await gate.pass();
  }
}

/** Cannot come to life while `failing`, and takes until the gate opens else. */
@Actor("Waking", { partitions: 1 })
class Waking {
  async onActivate(): Promise<void> {
    if (failing) throw new Error("cannot wake");
    await gate.pass();
  }
  @Handler() note(): void {}
}

const actors = [Account, Bank, Waking];
const alice = () => system.ref(Account, "alice");
const inspect = (address = "Account/alice"): Promise<ActorInspection> => system.cluster.inspectActor(address);

async function reportOf(address?: string): Promise<ActorReport> {
  return (await inspect(address)).report!;
}

async function obstaclesOf(address?: string): Promise<readonly Obstacle[]> {
  return (await reportOf(address)).obstacles.items;
}

/** A turn of alice that stays until the gate opens. */
async function stuck(): Promise<void> {
  await alice().tell.audit(5);
  await rig.settle();
  expect(gate.arrivals).toBe(1);
}

beforeEach(async () => {
  rig = new Rig();
  gate = new Gate();
  failing = false;
  constructed = 0;
  system = await rig.host(actors, { workerId: "w1" });
});

describe("inspection of an actor", () => {
  it("shows a stuck handler with its age, and how many messages wait behind it", async () => {
    await stuck();
    for (let i = 0; i < 3; i++) await alice().tell.deposit(1);
    await rig.advance(90_000);
    expect(await inspect()).toEqual({
      address: "Account/alice",
      mailbox: { name: "Account", generation: 1, partitions: 2 },
      partition: 0,
      owner: "w1",
      holder: "w1",
      report: {
        worker: "w1",
        at: rig.clock.now(),
        phase: "ready",
        turn: { address: "Account/alice", handler: "audit", kind: "turn", ageMs: 90_000, failedAttempts: 0 },
        queries: { items: [], more: 0 },
        chain: { items: [], more: 0 },
        obstacles: { items: [], more: 0 },
        waiting: 3,
        parked: 0,
        delayed: 0,
      },
      silent: [],
      timeoutMs: 2_000,
    });
  });

  it("answers while the actor's mailbox is full and a call to it is not even begun", async () => {
    await system.close();
    system = await rig.host(actors, { workerId: "w1", limits: { maxUnsettledBytes: 1 } });
    await stuck();
    for (let i = 0; i < 40; i++) await alice().tell.deposit(1);
    const call = watch(alice().deposit(1));
    await rig.advance(2_000);
    expect(call.state).toBe("pending");
    const { turn, waiting, parked } = await reportOf();
    expect([turn?.handler, waiting + parked]).toEqual(["audit", 41]);
    expect(parked).toBeGreaterThan(30);
    gate.open();
    await call.end();
    await rig.settle();
    expect(await reportOf()).toMatchObject({ phase: "ready", waiting: 0, parked: 0, obstacles: { items: [] } });
  });

  it("says when a failed message is tried again, what waits behind it, and how it failed last", async () => {
    failing = true;
    await alice().tell.pay();
    await rig.settle();
    await alice().tell.deposit(1);
    await rig.settle();
    const { obstacles, parked, waiting, lastError, turn } = await reportOf();
    expect([turn, parked, waiting]).toEqual([undefined, 1, 1]);
    const [retry] = obstacles.items;
    expect(obstacles.items).toEqual([
      { kind: "retry", at: expect.any(Number), inMs: expect.any(Number), failedAttempts: 1 },
    ]);
    expect(lastError).toEqual({
      handler: "pay",
      code: "HANDLER_FAILED",
      message: expect.stringMatching(/^no bank!{493}$/),
      at: rig.clock.now(),
    });
    failing = false;
    await rig.advance(retry?.kind === "retry" ? retry.at - rig.clock.now() + 50 : 0);
    expect(await reportOf()).toMatchObject({ obstacles: { items: [] }, parked: 0, waiting: 0, lastError });
  });

  it("P11: names the trace of a turn that runs, and of one that failed", async () => {
    await system.close();
    const telemetry = new RecordingTelemetry();
    system = await rig.host(actors, { workerId: "w1", ports: (ports) => ({ ...ports, telemetry }) });
    const traceOf = (name: string) => telemetry.spans.findLast((span) => span.name === name)!.ids.trace_id;
    failing = true;
    await expect(alice().pay()).rejects.toThrow("no bank");
    await stuck();
    const { turn, lastError } = await reportOf();
    expect(lastError).toMatchObject({ handler: "pay", traceId: traceOf("process Account.pay") });
    expect(turn).toMatchObject({ handler: "audit", traceId: traceOf("process Account.audit") });
    expect(turn!.traceId).not.toBe(lastError!.traceId);
  });

  it("does not take a refusal for a failure", async () => {
    await expect(alice().refuse()).rejects.toThrow("no");
    expect(await reportOf()).not.toHaveProperty("lastError");
    failing = true;
    await expect(alice().pay()).rejects.toThrow("no bank");
    await expect(alice().refuse()).rejects.toThrow("no");
    expect((await reportOf()).lastError).toMatchObject({ handler: "pay" });
  });

  it("shows that an actor waits for another, who that is, and the chain it has on the other side", async () => {
    await alice().tell.payVia("main");
    await rig.advance(4_000);
    const waits = { address: "Bank/main", handler: "book", ageMs: 4_000, timeoutInMs: 26_000 };
    const { turn, obstacles } = await reportOf();
    expect(turn).toMatchObject({ handler: "payVia", asks: waits });
    expect(obstacles.items).toEqual([{ kind: "ask", ...waits }]);
    const bank = await reportOf("Bank/main");
    expect(bank).toMatchObject({ turn: { handler: "book", ageMs: 4_000 }, chain: { items: ["Account/alice"] } });
    expect(bank.obstacles.items).toEqual([]);
  });

  it("shows queries that run, and that a message waits for them", async () => {
    const query = watch(alice().watch());
    await rig.settle();
    await alice().tell.deposit(1);
    await rig.advance(1_000);
    const { queries, turn, obstacles, waiting } = await reportOf();
    expect(queries.items).toMatchObject([{ handler: "watch", kind: "query", ageMs: 1_000 }]);
    expect([turn, obstacles.items, waiting]).toEqual([undefined, [{ kind: "queries" }], 1]);
    gate.open();
    expect((await query.end()).value).toBe(0);
  });

  it("names what operators paused, and a type that is braked", async () => {
    await system.actors.pause("Account/alice");
    await rig.advance(1_100);
    const call = watch(alice().with({ timeout: "30s" }).deposit(1));
    await rig.settle();
    expect(await reportOf()).toMatchObject({ phase: "held", waiting: 1 });
    expect(await obstaclesOf()).toEqual([{ kind: "pause", target: "Account/alice" }]);
    await system.actors.pause("Account");
    await rig.advance(1_100);
    expect(await obstaclesOf()).toEqual([{ kind: "pause", target: "Account" }]);
    await system.actors.resume("Account");
    await system.actors.resume("Account/alice");
    await rig.advance(1_100);
    expect((await call.end()).value).toBe(1);
    expect(await obstaclesOf()).toEqual([]);

    failing = true;
    for (let i = 0; i < 60; i++) watch(alice().pay());
    await rig.settle();
    const braked = watch(alice().deposit(1));
    await rig.settle();
    expect(await obstaclesOf()).toEqual([{ kind: "brake", target: "Account" }]);
    expect(braked.state).toBe("pending");
    expect((await system.cluster.inspect()).reports[0]!.types.items[0]).toMatchObject({
      type: "Account",
      braked: true,
    });
  });

  it("says that what an actor did is on its way to a store that does not answer", async () => {
    await alice().deposit(1);
    rig.world.store.failCommits(1_000, "before");
    const call = watch(alice().deposit(2));
    await rig.advance(500);
    expect(call.state).toBe("pending");
    expect(await obstaclesOf()).toEqual([{ kind: "commit", storeAnswers: false }]);
    rig.world.store.failCommits(0, "before");
    await rig.advance(1_500);
    expect(call.value).toBe(3);
    expect(await obstaclesOf()).toEqual([]);
  });

  it("says that an actor takes its time to come to life, or why it cannot", async () => {
    const call = watch(system.ref(Waking, "w").with({ timeout: "10s" }).note());
    await rig.advance(3_000);
    expect(await reportOf("Waking/w")).toMatchObject({
      phase: "loading",
      turn: { handler: "onActivate", kind: "lifecycle", ageMs: 3_000 },
      waiting: 1,
    });
    gate.open();
    await call.end();
    failing = true;
    await system.ref(Waking, "v").tell.note();
    await rig.settle();
    expect(await reportOf("Waking/v")).toMatchObject({
      phase: "failed",
      parked: 1,
      obstacles: { items: [{ kind: "retry", failedAttempts: 1 }] },
      lastError: { code: "HANDLER_FAILED", message: "cannot wake" },
    });
  });

  it("says that an actor is not in memory, and does not wake it", async () => {
    await alice().deposit(7);
    await system.close();
    constructed = 0;
    system = await rig.host(actors, { workerId: "w2" });
    await alice().with({ delay: "1h" }).tell.deposit(1);
    const { report, holder, state } = await system.cluster.inspectActor("Account/alice", { state: true });
    expect([holder, state]).toEqual(["w2", { balance: 7 }]);
    expect(report).toMatchObject({ phase: "absent", waiting: 0, parked: 0, delayed: 1, obstacles: { items: [] } });
    await rig.settle();
    expect(constructed).toBe(0);
    expect((await system.cluster.inspect()).reports[0]!.load).toMatchObject({ actors: 0, delayed: 1 });
  });

  it("gives the committed state, and only on request", async () => {
    await alice().deposit(10);
    await stuck();
    expect(await inspect()).not.toHaveProperty("state");
    const looking = () => system.cluster.inspectActor("Account/alice", { state: true });
    expect((await looking()).state).toEqual({ balance: 10 });
    gate.open();
    await rig.settle();
    expect((await looking()).state).toEqual(await system.actors.read("Account/alice"));
    expect((await looking()).state).toEqual({ balance: 15 });
    expect((await system.cluster.inspectActor("Account/bob", { state: true })).state).toBeNull();
  });

  it("refuses types that nobody hosts and addresses that are none", async () => {
    expect(await refusalOf(inspect("Nobody/x"))).toBeInstanceOf(UnknownTypeError);
    expect(await refusalOf(system.cluster.inspectType("Nobody"))).toBeInstanceOf(UnknownTypeError);
    expect(await refusalOf(inspect("Account"))).toBeInstanceOf(InvalidAddressError);
  });

  it("of a type whose workers are gone says that nobody has it", async () => {
    const client = await rig.host([], { process: "client" });
    await system.close();
    const { report, holder, silent } = await client.cluster.inspectActor("Account/alice");
    expect([report, holder, silent]).toEqual([undefined, undefined, []]);
    expect((await client.cluster.inspectType("Account")).reports).toEqual([]);
  });
});

describe("inspection of the workers", () => {
  it("shows what each has to do, the oldest turn first, also to a client", async () => {
    const client = await rig.host([], { process: "client" });
    await stuck();
    await rig.advance(5_000);
    await alice().tell.deposit(1);
    await client.ref(Account, "bob").tell.payVia("main");
    await rig.advance(2_000);
    const { reports, silent } = await client.cluster.inspect();
    expect(silent).toEqual([]);
    expect(reports).toHaveLength(1);
    const { worker, partitions, load, types, turns } = reports[0]!;
    expect([worker, partitions]).toEqual(["w1", 5]);
    expect(load).toEqual({ actors: 3, running: 3, waiting: 1, parked: 0, delayed: 0 });
    expect(types.items.map(({ type, actors: here, running, waiting }) => [type, here, running, waiting])).toEqual([
      ["Account", 2, 2, 1],
      ["Bank", 1, 1, 0],
      ["Waking", 0, 0, 0],
    ]);
    expect(turns.items.map(({ address, ageMs, asks }) => [address, ageMs, asks?.address])).toEqual([
      ["Account/alice", 7_000, undefined],
      ["Account/bob", 2_000, "Bank/main"],
      ["Bank/main", 2_000, undefined],
    ]);
  });

  it("shows how long turns took of late, by type and in all, and forgets it after a minute", async () => {
    for (let i = 0; i < 9; i++) await alice().deposit(1);
    const slow = watch(alice().audit(1));
    await rig.advance(400);
    gate.open();
    await slow.end();
    const [report] = (await system.cluster.inspect()).reports;
    const [account, bank] = report!.types.items;
    expect(account!.latency).toMatchObject({ count: 10, p50Ms: 0, p99Ms: expect.closeTo(400, -1.3) });
    expect(report!.latency).toEqual(account!.latency);
    expect(bank).not.toHaveProperty("latency");
    await rig.advance(62_000);
    expect((await system.cluster.inspect()).reports[0]).not.toHaveProperty("latency");
  });

  it("names a worker that does not answer in time, and shows the others", async () => {
    const other = await rig.host([Account], { process: "other", workerId: "w2" });
    await rig.advance(3_000);
    rig.world.disconnect("other", "store");
    const asking = watch(system.cluster.inspect({ timeout: "1s" }));
    await rig.advance(900);
    expect(asking.state).toBe("pending");
    await rig.advance(200);
    expect(asking.value).toMatchObject({ reports: [{ worker: "w1" }], silent: ["w2"], timeoutMs: 1_000 });
    rig.world.reconnect("other", "store");
    await rig.advance(5_000);
    expect(await system.cluster.inspect()).toMatchObject({ reports: [{ worker: "w1" }, { worker: "w2" }], silent: [] });
    await other.close();
  });

  it("names a worker that answers in a way that is not understood here", async () => {
    const newer = rig.world.connect("newer");
    const member = { id: "w9", incarnation: "i", types: [], weight: 1, build: "", state: "ready" } as const;
    await newer.membership.join(member, 60_000);
    newer.membership.respond(member, () => '{"v":99,"report":{}}');
    expect(await system.cluster.inspect()).toMatchObject({ reports: [{ worker: "w1" }], silent: ["w9"] });
  });

  it("of a type shows its load by worker and partition, and asks nobody else", async () => {
    const other = await rig.host([Bank], { process: "other", workerId: "w2" });
    await rig.advance(3_000);
    await stuck();
    for (const key of ["a", "b", "c"]) await system.ref(Account, key).deposit(1);
    await rig.advance(1_000);
    const { type, mailbox, reports, silent } = await system.cluster.inspectType("Account");
    expect([type, mailbox.name, silent]).toEqual(["Account", "Account", []]);
    expect(reports.map(({ worker }) => worker)).toEqual(["w1"]);
    const { load, partitions, turns } = reports[0]!;
    expect(load).toMatchObject({ type: "Account", actors: 4, running: 1, latency: { count: 3 }, braked: false });
    expect(partitions.items.map(({ partition }) => partition)).toEqual([0, 1]);
    expect(partitions.items.reduce((sum, each) => sum + each.actors, 0)).toBe(4);
    expect(turns.items).toMatchObject([{ address: "Account/alice", ageMs: 1_000 }]);
    await other.close();
  });

  it("cuts long lists and says by how much, so that a worker with much to tell is not silent", async () => {
    const keys = Array.from({ length: 400 }, (_, index) => `${"ключ".repeat(31)}${index}`);
    for (const key of keys) await system.ref(Account, key).tell.payVia(key);
    await rig.settle();
    const { reports, silent } = await system.cluster.inspect();
    expect(silent).toEqual([]);
    const { load, turns } = reports[0]!;
    expect(load.running).toBeGreaterThan(500);
    expect([turns.items.length, turns.more]).toEqual([100, load.running - 100]);
  });

  it("is what a worker says of itself, too, and a client has nothing to say", async () => {
    await stuck();
    expect(system.report()).toEqual((await system.cluster.inspect()).reports[0]);
    expect((await rig.host([], { process: "client" })).report()).toBeUndefined();
  });

  it("shows that a partition is being handed over while a turn still runs", async () => {
    const other = await rig.host(actors, { process: "other", workerId: "w2" });
    await stuck();
    await alice().tell.deposit(1);
    await rig.settle();
    const before = await inspect();
    const [from, to] = before.holder === "w1" ? [system, other] : [other, system];
    const closing = watch(from.close({ drainTimeout: "20s" }));
    await rig.advance(1_000);
    const during = await to.cluster.inspectActor("Account/alice");
    expect(during.holder).toBe(before.holder);
    expect(during.owner).not.toBe(before.holder);
    expect(during.report).toMatchObject({ worker: before.holder, turn: { handler: "audit" }, waiting: 1 });
    gate.open();
    await rig.advance(5_000);
    await closing.end();
    const after = await to.cluster.inspectActor("Account/alice");
    expect(after.holder).toBe(after.owner);
    expect(after.report!.worker).toBe(after.holder);
  });
});
