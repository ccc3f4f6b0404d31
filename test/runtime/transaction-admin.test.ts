import { ConflictError, NotStartedError, RejectedError, TransactionAbortedError } from "@actor-runtime/core";
import { RecordingTelemetry } from "@actor-runtime/embedded";
import {
  Actor,
  ActorContext,
  Handler,
  inject,
  type LocalSystem,
  type Ports,
  Query,
  State,
  systemActors,
  Transactional,
} from "@actor-runtime/runtime";
import { beforeEach, describe, expect, it } from "vitest";
import { Gate, Rig, refusalOf, type Watched, watch } from "./support.js";

let rig: Rig;
let system: LocalSystem;
let gate: Gate;
let refuses: boolean;

@Actor("Account", { partitions: 4 })
class Account {
  private readonly self = inject(ActorContext);
  @State() private balance = 0;

  @Handler() deposit(amount: number): number {
    return (this.balance += amount);
  }
  @Query() current(): number {
    return this.balance;
  }
  @Transactional() @Handler() async payTo(other: string, amount: number): Promise<void> {
    this.balance -= amount;
    await this.self.ref(Account, other).deposit(amount);
    await gate.pass();
  }
}

@Actor("Purse", { partitions: 1 })
class Purse {
  @State() private coins = 0;
  @Handler() put(count: number): number {
    return (this.coins += count);
  }
}

const account = (key: string) => system.ref(Account, key);

/** A transaction that has paid 5 from alice to bob, reads carol, and comes to its commit once the gate opens. */
async function stuck(timeout: "10s" | "5m" = "5m"): Promise<{ caller: Watched<void>; id: string }> {
  const caller = watch(
    system.transaction({ timeout }, async (tx) => {
      await tx.ref(Account, "alice").deposit(-5);
      await tx.ref(Account, "bob").deposit(5);
      await tx.ref(Account, "carol").current();
      await gate.pass();
      if (refuses) throw new RejectedError("no");
    }),
  );
  await rig.settle();
  expect(gate.arrivals).toBe(1);
  const [transaction] = await system.transactions.list();
  return { caller, id: transaction!.id };
}

beforeEach(async () => {
  rig = new Rig();
  gate = new Gate();
  refuses = false;
  system = await rig.host([Account, Purse, ...systemActors], { workerId: "w1" });
  for (const key of ["alice", "bob", "carol"]) await account(key).deposit(100);
});

describe("transactions as operators see them", () => {
  it("lists what each holds and how, and nothing once they are over", async () => {
    const { caller, id } = await stuck();
    await rig.advance(3_000);
    const began = rig.clock.now() - 3_000;
    const held = { worker: "w1", running: false, heldMs: 3_000, waiting: [], parked: 0 };
    expect(await system.transactions.list()).toEqual([
      {
        ...{ id, phase: "running", forced: false, since: began, until: began + 300_000, open: [] },
        held: [
          { ...held, address: "Account/alice", mode: "exclusive", changes: true },
          { ...held, address: "Account/bob", mode: "exclusive", changes: true },
          { ...held, address: "Account/carol", mode: "shared", changes: false },
        ],
      },
    ]);
    expect(await system.transactions.outcome(id)).toBe("running");
    gate.open();
    await caller.end();
    // Word that they changed is gathered for half a second.
    await rig.advance(1_000);
    expect([caller.state, await system.transactions.list()]).toEqual(["resolved", []]);
    // Word that all have changed travels together with that of others.
    await rig.advance(1_000);
    expect(await system.transactions.show(id)).toBeUndefined();
  });

  it("says which message of an actor waits for which transaction, and for how long it has been held", async () => {
    const { id } = await stuck();
    const plain = watch(account("bob").deposit(1));
    await rig.advance(2_000);
    expect(plain.state).toBe("pending");
    const { report } = await system.cluster.inspectActor("Account/bob");
    expect(report).toMatchObject({
      phase: "ready",
      obstacles: { items: [{ kind: "transaction", id, holders: 1, sinceMs: 2_000 }] },
      waiting: 1,
    });
    expect((await system.cluster.inspectActor("Account/carol")).report!.obstacles.items).toEqual([]);
    expect((await system.transactions.show(id))!.held.map(({ parked }) => parked)).toEqual([0, 1, 0]);
  });

  it("says who waits for whom: a younger transaction for an older one", async () => {
    const { id } = await stuck();
    await rig.advance(10);
    const younger = watch(system.transaction((tx) => tx.ref(Account, "bob").deposit(1)));
    await rig.settle();
    const shown = (await system.transactions.show(id))!;
    const waiting = shown.held.map((held) => held.waiting);
    expect(waiting).toEqual([[], [expect.stringMatching(/:1$/)], []]);
    gate.open();
    expect((await younger.end()).value).toBe(106);
  });

  it("shows a @Transactional turn that runs as one that has not voted, and what it called as held", async () => {
    await account("alice").tell.payTo("bob", 5);
    await rig.settle();
    const [transaction] = await system.transactions.list();
    expect(transaction!.held).toMatchObject([
      { address: "Account/alice", running: true, changes: false },
      { address: "Account/bob", running: false, changes: true },
    ]);
    expect(await refusalOf(system.transactions.resolve(transaction!.id, "commit"))).toBeInstanceOf(ConflictError);
    gate.open();
    await rig.settle();
    expect(await account("bob").current()).toBe(105);
  });

  it("asks all workers, and of a client too", async () => {
    const other = await rig.host([Account, Purse, ...systemActors], { process: "other", workerId: "w2" });
    const client = await rig.host([], { process: "client" });
    await rig.advance(5_000);
    const { id } = await stuck();
    const { held } = (await client.transactions.show(id))!;
    expect(held.map(({ address }) => address)).toEqual(["Account/alice", "Account/bob", "Account/carol"]);
    const { reports, silent } = await client.cluster.inspectTransactions();
    expect([reports.map(({ worker }) => worker), silent]).toEqual([["w1", "w2"], []]);
    expect(new Set(held.map(({ worker }) => worker))).toEqual(
      new Set(reports.filter(({ holds }) => holds.items.length > 0).map(({ worker }) => worker)),
    );
    gate.open();
    await rig.settle();
    await other.close();
  });
});

describe("an operator's decision", () => {
  it("P9: to abort frees every actor within a second, and its caller hears of it", async () => {
    const { caller, id } = await stuck();
    await system.transactions.resolve(id, "abort");
    await system.transactions.resolve(id, "abort");
    expect(await refusalOf(system.transactions.resolve(id, "commit"))).toBeInstanceOf(ConflictError);
    await rig.advance(1_100);
    expect(await Promise.all(["alice", "bob", "carol"].map((key) => account(key).current()))).toEqual([100, 100, 100]);
    gate.open();
    const { error } = await caller.end();
    expect(error).toBeInstanceOf(TransactionAbortedError);
    expect(error).toMatchObject({ reason: "resolved", transaction: id });
    expect(await system.transactions.show(id)).toMatchObject({ phase: "aborted", reason: "resolved", forced: true });
    expect(await system.transactions.outcome(id)).toBe("aborted");
  });

  it("P9: to abort stops a @Transactional turn that waits for something else, and its caller hears of it", async () => {
    const paying = watch(account("alice").payTo("bob", 5));
    await rig.settle();
    const [transaction] = await system.transactions.list();
    await system.transactions.resolve(transaction!.id, "abort");
    await rig.advance(1_100);
    expect(paying.error).toMatchObject({ reason: "resolved", transaction: transaction!.id });
    expect([await account("alice").current(), await account("bob").current()]).toEqual([100, 100]);
    expect((await system.transactions.list()).flatMap(({ held }) => held)).toEqual([]);
  });

  it("P9: to commit takes effect on every actor, and its caller hears that it committed", async () => {
    const { caller, id } = await stuck();
    await system.transactions.resolve(id, "commit");
    await rig.settle();
    expect(await Promise.all(["alice", "bob", "carol"].map((key) => account(key).current()))).toEqual([95, 105, 100]);
    gate.open();
    expect((await caller.end()).state).toBe("resolved");
    expect(await Promise.all(["alice", "bob", "carol"].map((key) => account(key).current()))).toEqual([95, 105, 100]);
    expect(await refusalOf(system.transactions.resolve(id, "abort"))).toBeInstanceOf(ConflictError);
  });

  it("P9: to commit is what its caller finds where all its actors are in one partition, and nothing is done twice", async () => {
    const caller = watch(
      system.transaction(async (tx) => {
        await tx.ref(Purse, "a").put(-1);
        await tx.ref(Purse, "b").put(1);
        await gate.pass();
      }),
    );
    await rig.settle();
    const [transaction] = await system.transactions.list();
    await system.transactions.resolve(transaction!.id, "commit");
    await rig.settle();
    gate.open();
    expect((await caller.end()).state).toBe("resolved");
    expect([await system.ref(Purse, "a").put(0), await system.ref(Purse, "b").put(0)]).toEqual([-1, 1]);
    expect(gate.arrivals).toBe(1);
  });

  it("to commit is remembered as long as its caller may say something else, and a minute more", async () => {
    const { id } = await stuck("10s");
    await system.transactions.resolve(id, "commit");
    await rig.advance(60_000);
    expect(await system.transactions.list()).toMatchObject([
      { id, phase: "committed", forced: true, held: [], open: [] },
    ]);
    await rig.advance(15_000);
    expect([await system.transactions.list(), await system.actors.read(`$Transaction/${id.split(":")[0]}`)]).toEqual([
      [],
      undefined,
    ]);
  });

  it("P9: is reported when its caller gives up what an operator had commit", async () => {
    const telemetry = new RecordingTelemetry();
    await system.close();
    const ports = (given: Ports) => ({ ...given, telemetry });
    system = await rig.host([Account, Purse, ...systemActors], { workerId: "w1", ports });
    refuses = true;
    const { caller, id } = await stuck();
    await system.transactions.resolve(id, "commit");
    await rig.settle();
    expect(rig.logged("error")).toEqual([]);
    gate.open();
    expect((await caller.end()).error).toMatchObject({ reason: "rejected" });
    await rig.settle();
    expect(rig.lines.filter(({ level }) => level === "error")).toMatchObject([
      { fields: { transaction: id, address: "Account/alice" } },
      { fields: { transaction: id, address: "Account/bob" } },
      { fields: { transaction: id, address: "Account/carol" } },
    ]);
    expect(telemetry.total("transaction.contradictions")).toBe(3);

    // Its caller asks the coordinator, too, where it does not know all participants.
    const [key] = id.split(":");
    const abort = (reason: string) =>
      system.ask({ address: `$Transaction/${key}`, handler: "abort", args: [id, reason, rig.clock.now()] });
    expect([await abort("lost"), telemetry.total("transaction.contradictions")]).toEqual([{ kind: "committed" }, 3]);
    expect([await abort("rejected"), telemetry.total("transaction.contradictions")]).toEqual([
      { kind: "committed" },
      4,
    ]);
  });

  it("P9: to commit waits until every worker said what is held there", async () => {
    const other = await rig.host([Account, Purse, ...systemActors], { process: "other", workerId: "w2" });
    await rig.advance(5_000);
    const { id } = await stuck();
    rig.world.disconnect("other", "store");
    const asking = watch(system.transactions.resolve(id, "commit"));
    await rig.advance(2_100);
    expect((await asking.end()).error).toBeInstanceOf(NotStartedError);
    rig.world.reconnect("other", "store");
    await rig.advance(15_000);
    await system.transactions.resolve(id, "commit");
    await rig.advance(1_100);
    expect(await Promise.all(["alice", "bob", "carol"].map((key) => account(key).current()))).toEqual([95, 105, 100]);
    await other.close();
  });
});
