import {
  DeadlockError,
  type LockLeases,
  LockLostError,
  parseMessages,
  QueryEffectError,
  TurnEndedError,
  TurnTimeoutError,
} from "@actor-runtime/core";
import {
  Actor,
  ActorContext,
  Handler,
  inject,
  type LocalSystem,
  type Lock,
  Query,
  State,
  systemActors,
} from "@actor-runtime/runtime";
import { beforeEach, expect, it } from "vitest";
import { Gate, Rig, refusalOf, watch } from "./support.js";

let rig: Rig;
let worker: LocalSystem;
let client: LocalSystem;
let gate: Gate;
let kept: Lock;

@Actor("Desk", { partitions: 4 })
class Desk {
  private readonly self = inject(ActorContext);
  @State() private stamps = 0;
  private stray: Promise<Lock> | undefined;

  @Handler() async stampUnder(name: string): Promise<number> {
    await this.self.locks.withLock(name, () => gate.pass());
    return ++this.stamps;
  }

  /** Keeps the lock to its end. */
  @Handler() async stampHolding(name: string): Promise<number> {
    await this.self.locks.acquire(name, { lease: "2s" });
    this.stamps++;
    await gate.pass();
    return this.stamps;
  }

  @Handler() async stampOthers(name: string): Promise<number> {
    const lock = await this.self.locks.acquire(name);
    await this.self.ref(Desk, "other").stampTwiceUnder("another");
    return lock.fence;
  }

  @Handler() async stampTwiceUnder(name: string): Promise<number> {
    await this.self.locks.acquire(name);
    await this.self.locks.withLock(name, () => void this.stamps++);
    return ++this.stamps;
  }

  @Handler({ timeout: "1s" }) async hurry(name: string): Promise<void> {
    await this.self.locks.acquire(name);
  }

  @Handler({ timeout: "1s" }) async overstay(name: string): Promise<void> {
    await this.self.locks.withLock(name, async (lock) => {
      kept = lock;
      await gate.pass();
    });
  }

  @Handler() leaveBehind(name: string): void {
    this.stray = this.self.locks.acquire(name);
    this.stray.catch(() => {});
  }

  @Handler() async collect(): Promise<string> {
    return (await refusalOf(this.stray!)).name;
  }

  @Handler() async stampUnderOthers(name: string): Promise<number> {
    return this.self.locks.withLock(name, () => this.self.ref(Desk, "other").stampUnder(name));
  }

  @Query() async peekUnder(name: string): Promise<void> {
    await this.self.locks.acquire(name);
  }

  @Query() count(): number {
    return this.stamps;
  }
}

beforeEach(async () => {
  rig = new Rig();
  gate = new Gate();
  gate.open();
  worker = await rig.host([Desk, ...systemActors], { process: "worker", workerId: "worker" });
  client = await rig.host([], { process: "client", workerId: "client" });
});

it("a turn holds a lock while its body runs, and not longer", async () => {
  gate = new Gate();
  const stamp = watch(client.ref(Desk, "a").stampUnder("ink"));
  await rig.settle();
  expect(await client.locks.tryAcquire("ink")).toBeUndefined();
  gate.open();
  await rig.settle();
  expect(stamp.value).toBe(1);
  await (await client.locks.tryAcquire("ink"))!.release();
});

it("a lock that a turn keeps is given back when it ends, also when it fails", async () => {
  expect(await client.ref(Desk, "a").stampHolding("ink")).toBe(1);
  await rig.settle();
  expect(await worker.locks.list()).toEqual([]);
});

it("P10: code that goes on after its turn hears that the lock was given back: it did not, and took itself for the holder", async () => {
  gate = new Gate();
  const overstayed = refusalOf(client.ref(Desk, "a").overstay("ink"));
  await rig.settle();
  const { signal } = kept;
  expect(signal.aborted).toBe(false);
  await rig.advance(1_000);
  expect(await overstayed).toBeInstanceOf(TurnTimeoutError);
  expect(await worker.locks.list()).toEqual([]);
  expect(signal.reason).toBeInstanceOf(LockLostError);
  expect(() => kept.check()).toThrow("Desk/a.overstay has ended");
});

it("P10: a turn whose lock is lost leaves nothing", async () => {
  gate = new Gate();
  const stamp = watch(client.ref(Desk, "a").stampHolding("ink"));
  await rig.settle();
  await worker.locks.break("ink");
  await rig.settle();
  gate.open();
  await rig.settle();
  expect(stamp.error).toBeInstanceOf(LockLostError);
  expect(await client.ref(Desk, "a").count()).toBe(0);
});

it("a turn that holds a lock may take it again", async () => {
  expect(await client.ref(Desk, "a").stampTwiceUnder("ink")).toBe(2);
  await rig.settle();
  expect(await worker.locks.list()).toEqual([]);
});

it("P10: what a turn asks while it keeps a lock is under that lock", async () => {
  const fence = await client.ref(Desk, "a").stampOthers("ink");
  const asked = rig.published.flatMap(({ frame }) => parseMessages(frame.body)).find(({ to }) => to === "Desk/other");
  expect(asked!.locks).toEqual([["ink", fence]]);
});

it("waiting for a lock ends with the turn's time, and leaves nobody in the queue", async () => {
  const held = await client.locks.acquire("ink");
  const refused = watch(client.ref(Desk, "a").hurry("ink"));
  await rig.advance(1_100);
  expect(refused.error).toBeInstanceOf(TurnTimeoutError);
  await rig.settle();
  expect(await worker.locks.list()).toMatchObject([{ name: "ink", waiting: [] }]);
  await held.release();
});

it("a lock that comes after its turn has ended is given back", async () => {
  await client.ref(Desk, "a").leaveBehind("ink");
  await rig.settle();
  expect(await worker.locks.list()).toEqual([]);
  expect(await client.ref(Desk, "a").collect()).toBe(TurnEndedError.name);
});

it("code whose lock comes after its turn has ended hears so at once: it waited until the store had the lock back", async () => {
  const unanswered = () => new Promise<never>(() => {});
  const get = (locks: LockLeases, name: keyof LockLeases) =>
    name === "release" ? unanswered : locks[name].bind(locks);
  rig = new Rig();
  await rig.host([Desk, ...systemActors], {
    ports: (ports) => ({ ...ports, locks: new Proxy(ports.locks, { get }) }),
  });
  client = await rig.host([], { process: "client" });
  await client.ref(Desk, "a").leaveBehind("ink");
  const collected = watch(client.ref(Desk, "a").collect());
  await rig.settle();
  expect(collected.value).toBe(TurnEndedError.name);
});

it("a query takes no locks", async () => {
  expect(await refusalOf(client.ref(Desk, "a").peekUnder("ink"))).toBeInstanceOf(QueryEffectError);
});

it("a lock wanted by a turn that its holder waits for is a deadlock, found at once", async () => {
  const error = await refusalOf(client.ref(Desk, "a").stampUnderOthers("ink"));
  expect(error).toBeInstanceOf(DeadlockError);
  expect(error.message).toBe("deadlock: $Lock/ink → Desk/other → $Lock/ink");
  await rig.settle();
  expect(await worker.locks.list()).toEqual([]);
});
