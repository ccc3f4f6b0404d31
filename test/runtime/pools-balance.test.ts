import { poolQueue, WorkerLostError } from "@actor-runtime/core";
import { Handler, inject, type LocalSystem, Stateless } from "@actor-runtime/runtime";
import { beforeEach, describe, expect, it, type MockInstance, vi } from "vitest";
import { Rig, type Watched, watch } from "./support.js";

/** The worker that a handler runs in, and how long it takes there. */
class Here {
  constructor(
    readonly name: string,
    /** In ms; infinity: it never ends. */
    public takesMs: number,
  ) {}
}

let rig: Rig;
let client: LocalSystem;

abstract class Work {
  private readonly here = inject(Here);

  @Handler() async where(): Promise<string> {
    const { takesMs, name } = this.here;
    if (takesMs > 0) {
      await new Promise<void>((resolve) => {
        if (takesMs < Number.POSITIVE_INFINITY) rig.clock.after(takesMs, resolve);
      });
    }
    return name;
  }
}

@Stateless("Taken", { concurrency: 2 })
class Taken extends Work {}
@Stateless("InTurn", { balance: "round-robin", concurrency: 2 })
class InTurn extends Work {}
@Stateless("Any", { balance: "random" })
class Any extends Work {}
@Stateless("Shares", { balance: "weighted" })
class Shares extends Work {}
@Stateless("Fastest", { balance: "fastest", concurrency: 2 })
class Fastest extends Work {}

const types = [Taken, InTurn, Any, Shares, Fastest];
type Type = (typeof types)[number];

beforeEach(async () => {
  rig = new Rig();
  client = await rig.host([], { process: "client" });
});

interface Hosted {
  readonly here: Here;
  readonly system: LocalSystem;
}

async function hostAll(takesMs: Readonly<Record<string, number>>, weights: Readonly<Record<string, number>> = {}) {
  const workers = new Map<string, Hosted>();
  for (const [name, ms] of Object.entries(takesMs)) {
    const here = new Here(name, ms);
    const container = { get: (token: unknown) => (token === Here ? here : undefined) as never };
    const options = { process: name, workerId: name, container, weight: weights[name] ?? 1 };
    workers.set(name, { here, system: await rig.host(types, options) });
  }
  return workers;
}

/** The client learns of the workers with its first call. */
async function warmUp(type: Type): Promise<void> {
  const first = watch(client.ref(type).where());
  await rig.settle();
  await rig.advance(1_000);
  await first.end();
}

/** Calls at even times, and lets all end that do within the time. */
async function callEvery(ms: number, count: number, type: Type, thenMs = 0): Promise<Watched<string>[]> {
  const calls: Watched<string>[] = [];
  for (let i = 0; i < count; i++) {
    calls.push(watch(client.ref(type).with({ timeout: "1m" }).where()));
    await rig.advance(ms);
  }
  await rig.advance(thenMs);
  return calls;
}

function tally(calls: readonly Watched<string>[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { value } of calls) if (value !== undefined) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}

describe("calls of a stateless type", () => {
  it("round-robin: go to one worker after the other", async () => {
    await hostAll({ a: 0, b: 0, c: 0, d: 0 });
    await warmUp(InTurn);
    expect(tally(await callEvery(0, 12, InTurn))).toEqual({ a: 3, b: 3, c: 3, d: 3 });
  });

  it("random: go to any worker, each as likely as the others", async () => {
    await hostAll({ a: 0, b: 0, c: 0 });
    await warmUp(Any);
    const { a, b, c } = tally(await callEvery(0, 150, Any));
    for (const count of [a, b, c]) expect(count).toBeGreaterThan(25);
  });

  it("weighted: go to workers in proportion to their weights", async () => {
    await hostAll({ a: 0, b: 0, c: 0 }, { a: 3, b: 2, c: 1 });
    await warmUp(Shares);
    expect(tally(await callEvery(0, 24, Shares))).toEqual({ a: 12, b: 8, c: 4 });
  });

  it("fastest: avoid a worker that is ten times slower", async () => {
    await hostAll({ a: 10, b: 10, slow: 100 });
    await warmUp(Fastest);
    const counts = tally(await callEvery(5, 200, Fastest, 1_000));
    expect(counts.slow ?? 0).toBeLessThan(20);
    expect((counts.a ?? 0) + (counts.b ?? 0)).toBeGreaterThan(180);
  });

  it("least-busy: go to whoever has room", async () => {
    await hostAll({ a: 10, b: 10, slow: 100 });
    const counts = tally(await callEvery(4, 200, Taken, 1_000));
    expect(counts.slow ?? 0).toBeLessThan(40);
    expect((counts.a ?? 0) + (counts.b ?? 0) + (counts.slow ?? 0)).toBe(200);
  });

  it("reach a worker that joins, and none that stops", async () => {
    const workers = await hostAll({ a: 0, b: 0 });
    await warmUp(InTurn);
    await hostAll({ c: 0 });
    await rig.settle();
    expect(tally(await callEvery(0, 6, InTurn))).toEqual({ a: 2, b: 2, c: 2 });
    const closed = workers.get("a")!.system.close();
    const calls = await callEvery(10, 60, InTurn);
    expect(calls.every(({ state }) => state === "resolved")).toBe(true);
    await closed;
    expect(tally(calls.slice(-20))).toEqual({ b: 10, c: 10 });
  });
});

describe("a balance that a deploy changes", () => {
  @Stateless("Changed", { balance: "round-robin" })
  class Before extends Work {}
  @Stateless("Changed", { balance: "least-busy" })
  class After extends Work {}

  it("is followed by a sender that runs on, which does not ask the store for each call", async () => {
    const queues: string[] = [];
    let reads!: MockInstance;
    const sender = await rig.host([], {
      process: "sender",
      ports: ({ pools, store, ...others }) => {
        reads = vi.spyOn(store, "namespace");
        const send: typeof pools.send = (to, frame) => {
          queues.push(to);
          return pools.send(to, frame);
        };
        return { ...others, store, pools: { send, consume: (...args) => pools.consume(...args) } };
      },
    });
    const deploy = (type: Type, name: string) => {
      const container = { get: (token: unknown) => (token === Here ? new Here(name, 0) : undefined) as never };
      return rig.host([type], { process: name, workerId: name, container });
    };
    const callFor10s = async () => {
      const calls: Watched<unknown>[] = [];
      for (let i = 0; i < 100; i++) {
        calls.push(watch(sender.ask({ address: "Changed/*", handler: "where", args: [] })));
        await rig.advance(100);
      }
      expect(calls.every(({ state }) => state === "resolved")).toBe(true);
      return new Set(queues.splice(0).slice(-50));
    };
    const old = await deploy(Before, "old");
    expect(await callFor10s()).toEqual(new Set(["pool:Changed@old"]));
    const changed = await deploy(After, "new");
    await old.close({ drainTimeout: 0 });
    expect(await callFor10s()).toEqual(new Set(["pool:Changed"]));
    await deploy(Before, "newest");
    await changed.close({ drainTimeout: 0 });
    expect(await callFor10s()).toEqual(new Set(["pool:Changed@newest"]));
    expect(reads.mock.calls.length).toBeLessThan(15);
  });
});

describe("a worker that does not answer", () => {
  it("is left out when it stalls, and tried again later", async () => {
    const workers = await hostAll({ a: 1, b: 1, c: 1 });
    await warmUp(InTurn);
    await callEvery(5, 9, InTurn);
    workers.get("c")!.here.takesMs = Number.POSITIVE_INFINITY;
    const calls = await callEvery(50, 60, InTurn);
    const stuck = calls.filter(({ state }) => state === "pending").length;
    expect(stuck).toBeGreaterThan(0);
    expect(calls.slice(-30).every(({ state }) => state === "resolved")).toBe(true);
    expect(rig.logged("warn")).toContain(
      'worker "c" gets no calls of InTurn from here for a while: it owes answers, and none comes',
    );
    workers.get("c")!.here.takesMs = 1;
    const later = await callEvery(500, 60, InTurn);
    expect(tally(later).c ?? 0).toBeLessThan(20);
  });

  it("leaves its calls with WorkerLostError once it is gone", async () => {
    const workers = await hostAll({ a: 1, b: 1 });
    await warmUp(InTurn);
    workers.get("b")!.here.takesMs = Number.POSITIVE_INFINITY;
    const calls = await callEvery(10, 2, InTurn);
    const stuck = calls.find(({ state }) => state === "pending")!;
    rig.world.disconnect("b");
    await rig.advance(15_000);
    expect(stuck.error).toBeInstanceOf(WorkerLostError);
    expect(stuck.error).toMatchObject({ effect: "unknown", retryable: true });
    expect(stuck.error!.message).toContain('worker "b" is gone');
  });

  it("that lives is not taken for gone when the store was away for so long that it dropped all, and one that is gone is", async () => {
    const workers = await hostAll({ a: 1, b: 1 });
    await warmUp(InTurn);
    for (const { here } of workers.values()) here.takesMs = 30_000;
    const calls = await callEvery(10, 2, InTurn);
    const all = ["a", "b", "client"];
    for (const name of all) rig.world.disconnect(name, "store");
    await rig.advance(15_000);
    rig.world.disconnect("b", "broker");
    for (const name of ["client", "a"]) rig.world.reconnect(name, "store");
    await rig.advance(5_000);
    expect(calls.map(({ state }) => state)).toEqual(["pending", "pending"]);
    await rig.advance(9_000);
    const lost = calls.filter(({ error }) => error instanceof WorkerLostError);
    expect(lost).toHaveLength(1);
    await rig.advance(5_000);
    expect(calls.map(({ value }) => value).filter(Boolean)).toEqual(["a"]);
  });

  it("loses no call that certainly did not reach it: another worker gets it", async () => {
    await hostAll({ a: 1, b: 1 });
    await warmUp(InTurn);
    rig.world.disconnect("b", "broker");
    const calls = await callEvery(10, 10, InTurn);
    expect(tally(calls)).toEqual({ a: 10 });
  });

  it("answers a call that was repeated to another one, after half its time", async () => {
    const workers = await hostAll({ a: 1, b: 1 });
    await warmUp(InTurn);
    workers.get("b")!.here.takesMs = Number.POSITIVE_INFINITY;
    const calls = await callEvery(10, 2, InTurn);
    await rig.advance(31_000);
    expect(calls.map(({ value }) => value)).toEqual(["a", "a"]);
  });
});

describe("the shared queue", () => {
  it("is left to the others by a worker that is much slower, for a while", async () => {
    const workers = await hostAll({ a: 10, b: 10, c: 10, slow: 100 });
    const calls = await callEvery(4, 2_000, Taken);
    const standings = Array.from(workers.values(), ({ system }) => {
      return system.describe().pools.find(({ name }) => name === "Taken")?.standing;
    });
    expect(standings).toEqual(["normal", "normal", "normal", "aside"]);
    expect(tally(calls.slice(-500)).slow ?? 0).toBeLessThan(10);
    expect(rig.logged("warn")).toContain(
      "much slower than its peers: this worker leaves the messages to them for a while",
    );
    workers.get("slow")!.here.takesMs = 10;
    await callEvery(20, 1_500, Taken);
    expect(
      workers
        .get("slow")!
        .system.describe()
        .pools.find(({ name }) => name === "Taken")?.standing,
    ).toBe("normal");
  });

  it("gives a worker that is aside nothing while enough others are well, and what they leave once they are not", async () => {
    const workers = await hostAll({ a: 10, b: 10, c: 10, slow: 100 });
    await callEvery(4, 1_000, Taken);
    const burst = async () => {
      const calls = Array.from({ length: 40 }, () => watch(client.ref(Taken).where()));
      await rig.advance(1_000);
      return tally(calls);
    };
    expect(workers.get("slow")!.system.describe().pools[0]?.standing).toBe("aside");
    expect((await burst()).slow).toBeUndefined();
    for (const name of ["a", "b"]) await workers.get(name)!.system.close({ drainTimeout: 0 });
    await rig.advance(3_000);
    expect(workers.get("slow")!.system.describe().pools[0]?.standing).toBe("aside");
    expect((await burst()).slow).toBeGreaterThan(0);
  });

  it("keeps tells for the next worker when all are gone", async () => {
    const workers = await hostAll({ a: 1 });
    await client.ref(InTurn).tell.where();
    await rig.advance(100);
    await workers.get("a")!.system.close({ drainTimeout: 0 });
    for (let i = 0; i < 3; i++) await client.ref(InTurn).tell.where();
    expect(rig.world.backlog()).toEqual([poolQueue("InTurn")]);
    await hostAll({ b: 1 });
    await rig.advance(100);
    expect(rig.world.backlog()).toEqual([]);
  });
});
