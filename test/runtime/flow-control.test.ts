import { OverloadedError, partitionOf } from "@actor-runtime/core";
import {
  Actor,
  ActorContext,
  Handler,
  inject,
  type Limits,
  type LocalSystem,
  Query,
  State,
  Stateless,
  systemActors,
} from "@actor-runtime/runtime";
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { Rig, refusalOf, type Watched, watch } from "./support.js";

/** Asynchronous turns that wait for the test to end them, the first that began first. */
let running: { readonly what: string; readonly end: () => void }[];
/** Everything that began, in order. */
let began: string[];
let rig: Rig;

function hang(what: string): Promise<void> {
  began.push(what);
  return new Promise((resolve) => {
    const turn = { what, end: () => {} };
    turn.end = () => {
      running = running.filter((other) => other !== turn);
      resolve();
    };
    running.push(turn);
  });
}

const partitions = 2;

@Actor("Slow", { partitions, attempts: 1, replyRetention: "3h" })
class Slow {
  private readonly self = inject(ActorContext);
  @State() private done = 0;

  @Handler() async work(what: string): Promise<number> {
    await hang(what);
    this.done += 1;
    return this.done;
  }
  @Handler({ timeout: "5s" }) async briefly(what: string): Promise<void> {
    await hang(what);
  }
  @Handler() add(): number {
    this.done += 1;
    return this.done;
  }
  /** Asks another of its type, which asks another, so many deep. */
  @Handler() async dig(depth: number): Promise<number> {
    if (depth === 0) return 0;
    return 1 + (await this.self.ref(Slow, `dig-${depth - 1}`).dig(depth - 1));
  }
  @Handler() async askWork(key: string): Promise<number> {
    began.push(`ask ${key}`);
    await Promise.resolve();
    return this.self.ref(Slow, key).add();
  }
  @Handler() async askWait(key: string): Promise<number> {
    return this.self.ref(Slow, key).work(`for ${this.self.key}`);
  }
  @Handler() note(what: string): void {
    began.push(what);
  }
  @Handler() async lock(name: string): Promise<void> {
    began.push("wants the lock");
    await this.self.locks.withLock(name, { wait: "50s" }, () => {});
  }
  @Query() async look(what: string): Promise<number> {
    await hang(what);
    return this.done;
  }
}

@Actor("Other", { partitions: 1 })
class Other {
  @State() private done = 0;
  @Handler() async work(what: string): Promise<number> {
    await hang(what);
    return ++this.done;
  }
  @Handler() async quickly(): Promise<number> {
    await Promise.resolve();
    return ++this.done;
  }
}

@Actor("Flaky", { partitions: 1, whileRetrying: "pass", attempts: 3 })
class Flaky {
  @Handler() fail(): void {
    throw new Error("broken");
  }
  @Handler() note(): void {
    began.push("noted");
  }
}

const actors = [Slow, Other, Flaky, ...systemActors];

beforeEach(() => {
  running = [];
  began = [];
  rig = new Rig();
});

function start(limits: Partial<Limits>, process = "main"): Promise<LocalSystem> {
  return rig.host(actors, { process, limits });
}

/** One turn that hangs on each of so many actors. */
async function hangAll(system: LocalSystem, count: number): Promise<Watched<number>[]> {
  const asked: Watched<number>[] = [];
  for (let index = 0; index < count; index++) {
    asked.push(watch(system.ref(Slow, `${index}`).work(`${index}`)));
    await rig.settle();
  }
  return asked;
}

async function endFirst(): Promise<void> {
  running[0]!.end();
  await rig.settle();
}

const limited = (concurrency: number) => ({ types: { Slow: { maxTurns: concurrency } } });

describe("asynchronous turns of a type", () => {
  it("run as many at a time as its limit says, the others in the order in which they came", async () => {
    const system = await start(limited(3));
    const asked = await hangAll(system, 8);
    expect(running.map(({ what }) => what)).toEqual(["0", "1", "2"]);
    running[1]!.end();
    await rig.settle();
    expect(running.map(({ what }) => what)).toEqual(["0", "2", "3"]);
    while (running.length > 0) {
      expect(running.length).toBeLessThanOrEqual(3);
      await endFirst();
    }
    expect(began).toEqual(["0", "1", "2", "3", "4", "5", "6", "7"]);
    expect(asked.map(({ value }) => value)).toEqual(asked.map(() => 1));
  });

  it("give their place to who waited first, not to the next message of their own actor", async () => {
    const system = await start(limited(1));
    const first = ["a1", "a2", "a3"].map((what) => watch(system.ref(Slow, "a").work(what)));
    await rig.settle();
    const second = ["b1", "b2"].map((what) => watch(system.ref(Slow, "b").work(what)));
    await rig.settle();
    while (running.length > 0) await endFirst();
    expect(began).toEqual(["a1", "b1", "a2", "b2", "a3"]);
    expect([...first, ...second].map(({ state }) => state)).toEqual(Array.from({ length: 5 }, () => "resolved"));
  });

  it("let one message of each actor begin where several wait, also when it ends at once", async () => {
    const system = await start(limited(1));
    await hangAll(system, 1);
    for (const what of ["a1", "a2"]) void system.ref(Slow, "a").note(what);
    for (const what of ["b1", "b2"]) void system.ref(Slow, "b").note(what);
    await rig.settle();
    await endFirst();
    expect(began).toEqual(["0", "a1", "b1", "a2", "b2"]);
  });

  it("leave their place when they run out of their time", async () => {
    const system = await start(limited(1));
    const late = watch(system.ref(Slow, "a").briefly("a"));
    const next = watch(system.ref(Slow, "b").work("b"));
    await rig.advance(6_000);
    expect([late.error?.code, began]).toEqual(["TURN_TIMEOUT", ["a", "b"]]);
    running[1]!.end();
    await rig.settle();
    expect(next.value).toBe(1);
  });

  it("do not run out of their time while they wait", async () => {
    const system = await start(limited(1));
    void system.ref(Slow, "a").with({ timeout: "1h" }).work("a");
    const told = watch(system.ref(Slow, "b").tell.briefly("b"));
    await rig.advance(30_000);
    await endFirst();
    expect([told.state, began]).toEqual(["resolved", ["a", "b"]]);
    await endFirst();
    expect(await rig.deadLetters("Slow")).toEqual([]);
  });

  it("are queries too", async () => {
    const system = await start(limited(2));
    const looked = ["q1", "q2", "q3"].map((what) => watch(system.ref(Slow, "a").look(what)));
    await rig.settle();
    expect(began).toEqual(["q1", "q2"]);
    while (running.length > 0) await endFirst();
    expect(looked.map(({ value }) => value)).toEqual([0, 0, 0]);
  });

  it("do not count when they are synchronous", async () => {
    const system = await start(limited(1));
    const sums = Array.from({ length: 200 }, (_, index) => watch(system.ref(Slow, `${index % 10}`).add()));
    await rig.settle();
    expect(sums.filter(({ state }) => state === "resolved")).toHaveLength(200);
  });

  it("never hold back an operator's erasure", async () => {
    const system = await start(limited(1));
    await system.ref(Slow, "1").add();
    const [, waiting] = await hangAll(system, 2);
    await system.actors.erase("Slow/1");
    expect(began).toEqual(["0"]);
    await endFirst();
    await endFirst();
    expect(waiting!.value).toBe(1);
  });
});

describe("turns that wait for each other", () => {
  it("end with a limit of one: a chain of asks within a type takes one place", async () => {
    const system = await start(limited(1));
    const dug = Array.from({ length: 4 }, (_, index) => watch(system.ref(Slow, `top-${index}`).dig(10)));
    await rig.settle();
    expect(dug.map(({ value }) => value)).toEqual([10, 10, 10, 10]);
  });

  it("leave the second place to others: the asked turn takes none", async () => {
    const system = await start(limited(2));
    void system.ref(Slow, "a").askWait("b");
    await rig.settle();
    void system.ref(Slow, "c").work("c");
    void system.ref(Slow, "d").work("d");
    await rig.settle();
    expect(began).toEqual(["for a", "c"]);
  });

  it("do not wait for what stands before the ask at its actor", async () => {
    const system = await start(limited(1));
    const backlog: Watched<number>[] = [];
    const asked = watch(system.ref(Slow, "a").with({ timeout: "20s" }).askWork("b"));
    for (let index = 0; index < 3; index++) backlog.push(watch(system.ref(Slow, "b").add()));
    await rig.settle();
    expect([asked.value, backlog.map(({ state }) => state)]).toEqual([4, ["resolved", "resolved", "resolved"]]);
  });

  it("do not wait behind those that came before the ask while the limit was reached", async () => {
    const system = await start({ types: { Slow: { maxTurns: 2 } } });
    await hangAll(system, 1);
    const backlog = watch(system.ref(Slow, "b").work("b"));
    await rig.settle();
    const more = watch(system.ref(Slow, "b").add());
    const asked = watch(system.ref(Slow, "0").askWork("b"));
    await rig.settle();
    // The turn of `0` ends, and its next asks `b`, behind two that others sent.
    await endFirst();
    await endFirst();
    expect([backlog.value, more.value, asked.value]).toEqual([1, 2, 3]);
  });

  it("do not wait for the limit with the holder of a lock that they want", async () => {
    const system = await start(limited(1));
    const lock = await watch(system.locks.acquire("l")).end();
    const wanted = watch(system.ref(Slow, "a").with({ timeout: "1m" }).lock("l"));
    await rig.settle();
    expect(began).toEqual(["wants the lock"]);
    const added = await system.locks.withLock("other", async () => system.ref(Slow, "b").add());
    expect(added).toBe(1);
    await lock.value!.release();
    await rig.advance(1_000);
    expect(wanted.state).toBe("resolved");
  });

  it("do not keep transactions from their participants", async () => {
    const system = await start(limited(1));
    await hangAll(system, 1);
    const sum = await system.transaction(async (tx) => {
      const one = await tx.ref(Slow, "t1").add();
      return one + (await tx.ref(Slow, "t2").add());
    });
    expect([sum, running.length]).toEqual([2, 1]);
  });
});

describe("types of one worker", () => {
  it("leave room for each other: a thousand turns that hang change nothing for another type", async () => {
    const system = await start({});
    for (let index = 0; index < 1_000; index++) watch(system.ref(Slow, `${index}`).work("hangs"));
    await rig.settle();
    expect(running).toHaveLength(500);
    const before = rig.clock.monotonic();
    for (let count = 1; count <= 100; count++) expect(await system.ref(Other, "o").quickly()).toBe(count);
    expect(rig.clock.monotonic() - before).toBe(0);
    const hanging = Array.from({ length: 600 }, (_, index) => watch(system.ref(Other, `${index}`).work("other")));
    await rig.settle();
    expect(running.filter(({ what }) => what === "other")).toHaveLength(500);
    for (const { end } of running) end();
    await rig.settle();
    for (const { end } of running) end();
    await rig.settle();
    expect(hanging.every(({ state }) => state === "resolved")).toBe(true);
  });

  it("take turns where the worker's own limit is reached", async () => {
    const system = await start({ maxTurns: 2, types: { Slow: { maxTurns: 2 }, Other: { maxTurns: 2 } } });
    await hangAll(system, 5);
    for (let index = 0; index < 3; index++) void system.ref(Other, `${index}`).work(`other ${index}`);
    await rig.settle();
    while (running.length > 0) await endFirst();
    expect(began).toEqual(["0", "1", "2", "other 0", "3", "other 1", "4", "other 2"]);
  });

  it("are told when a limit names one that the process does not host", async () => {
    await start({ types: { Slwo: { maxTurns: 1 } } });
    expect(rig.logged("warn")).toContain("limits.types.Slwo: this process hosts no type of that name");
  });

  it("are told when a limit of a stateless type means nothing", async () => {
    @Stateless("Pooled")
    class Pooled {
      @Handler() run(): void {}
    }
    await rig.host([Pooled], { limits: { types: { Pooled: { maxTurns: 3, maxWaitingPerActor: 5 } } } });
    expect(rig.logged("warn")).toEqual([
      "limits.types.Pooled: it is a stateless type, of which only the concurrency has a limit here",
    ]);
  });
});

describe("what waits for the limit", () => {
  it("is not run once its caller's time is over", async () => {
    const system = await start(limited(1));
    void system.ref(Slow, "a").with({ timeout: "1h" }).work("a");
    const late = watch(system.ref(Slow, "b").with({ timeout: "5s" }).work("b"));
    await rig.advance(11_000);
    expect(late.error?.code).toBe("ASK_TIMEOUT");
    await endFirst();
    expect(began).toEqual(["a"]);
  });

  it("is not run when its caller withdrew it", async () => {
    const system = await start(limited(1));
    void system.ref(Slow, "a").work("a");
    const controller = new AbortController();
    const withdrawn = watch(system.ref(Slow, "b").with({ signal: controller.signal }).work("b"));
    await rig.settle();
    controller.abort();
    await endFirst();
    expect([withdrawn.error?.code, began]).toEqual(["CANCELLED", ["a"]]);
  });

  it("goes to the next owner when its worker drains, and runs there once", async () => {
    const system = await start(limited(1));
    const asked = await hangAll(system, 3);
    const closed = watch(system.close({ drainTimeout: "10s" }));
    await rig.advance(100);
    await endFirst();
    await rig.advance(1_000);
    expect([closed.state, began, asked[0]!.value]).toEqual(["resolved", ["0"], 1]);
    await start(limited(1), "next");
    await rig.advance(1_000);
    while (running.length > 0) await endFirst();
    expect(began.toSorted()).toEqual(["0", "1", "2"]);
  });

  it("loses its place, and nothing else, when its partition is lost", async () => {
    const system = await start(limited(1));
    const asked = await hangAll(system, 4);
    await system.crash("Slow/1");
    await rig.advance(100);
    while (running.length > 0) await endFirst();
    await rig.advance(1_000);
    while (running.length > 0) await endFirst();
    expect(asked.map(({ value }) => value)).toEqual([1, 1, 1, 1]);
  });

  it("is said by inspect, with what is full", async () => {
    const system = await start(limited(1));
    await hangAll(system, 2);
    const { report } = await system.cluster.inspectActor("Slow/1");
    expect(report?.obstacles.items).toEqual([{ kind: "concurrency", target: "Slow", running: 1, limit: 1 }]);
  });

  it("gets the answer it had before without waiting", async () => {
    const system = await start(limited(1));
    const keyed = system.ref(Slow, "b").with({ idempotencyKey: "once" });
    expect(await keyed.add()).toBe(1);
    await hangAll(system, 1);
    const again = watch(keyed.add());
    const fresh = watch(system.ref(Slow, "b").with({ idempotencyKey: "twice" }).add());
    await rig.settle();
    expect([again.value, fresh.state]).toEqual([1, "pending"]);
    await endFirst();
    expect(fresh.value).toBe(2);
  });
});

it("never more turns run than the limit and one suspect of a crash in each partition, and none is forgotten", async () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant("ask" as const), key: fc.nat(5) }),
    fc.record({ kind: fc.constant("look" as const), key: fc.nat(5) }),
    fc.record({ kind: fc.constant("add" as const), key: fc.nat(5) }),
    fc.record({ kind: fc.constant("end" as const), key: fc.nat(5) }),
    fc.record({ kind: fc.constant("crash" as const), key: fc.nat(5) }),
  );
  // A message that was alone at one more would be a dead letter.
  const mostCrashes = 2;
  const partitionFor = (key: number) => partitionOf(`${key}`, partitions);
  const runs = fc.asyncProperty(
    fc.integer({ min: 1, max: 4 }),
    fc.array(step, { maxLength: 25 }),
    async (limit, steps) => {
      [running, began, rig] = [[], [], new Rig()];
      const system = await start(limited(limit));
      const asked: Watched<unknown>[] = [];
      let crashes = 0;
      for (const [index, { kind, key }] of steps.entries()) {
        const slow = system.ref(Slow, `${key}`).with({ timeout: "1h" });
        if (kind === "ask") asked.push(watch(slow.work(`${index}`)));
        else if (kind === "look") asked.push(watch(slow.look(`${index}`)));
        else if (kind === "add") asked.push(watch(slow.add()));
        else if (kind === "end") running[key % running.length]?.end();
        else if (crashes < mostCrashes) {
          crashes += 1;
          // Turns of its partition go on as nobody's.
          running = running.filter(({ what }) => partitionFor(steps[Number(what)]!.key) !== partitionFor(key));
          await system.crash(`Slow/${key}`);
        }
        await rig.settle();
        expect(running.length).toBeLessThanOrEqual(crashes > 0 ? limit + partitions : limit);
      }
      for (let round = 0; round < 200 && asked.some(({ state }) => state === "pending"); round++) {
        running[0]?.end();
        await rig.advance(50);
      }
      expect(asked.map(({ state }) => state)).toEqual(asked.map(() => "resolved"));
      await system.close({ drainTimeout: 0 });
    },
  );
  await fc.assert(runs, { numRuns: 60 });
});

describe("P12: messages that wait for their time are bounded", () => {
  const hour = { delay: "1h" } as const;
  const causes = async (type: string) => (await rig.deadLetters(type)).map(({ cause }) => cause);

  it("per actor, by number and bytes, per type", async () => {
    const system = await start({
      maxDelayedPerActor: 3,
      types: { Other: { maxDelayedBytesPerActor: 2_000, maxDelayedPerActor: 100 } },
    });
    for (let count = 0; count < 5; count++) await system.ref(Slow, "a").with(hour).tell.add();
    for (let count = 0; count < 5; count++) await system.ref(Other, "a").with(hour).tell.work("x".repeat(300));
    await rig.settle();
    for (const type of ["Slow", "Other"]) {
      expect(await causes(type)).toMatchObject([
        { class: "OverloadedError", fields: { scope: "actor", retryAfterMs: 30_000 } },
        { class: "OverloadedError" },
      ]);
    }
    await rig.advance(3_600_000);
    expect(await system.ref(Slow, "a").add()).toBe(4);
  });

  it("per partition, by bytes, also after it was taken over anew", async () => {
    const system = await start({ maxDelayedBytes: 3_000 });
    const tell = (key: string) => system.ref(Other, key).with(hour).tell.work("x".repeat(700));
    for (const key of ["a", "b", "c"]) await tell(key);
    await rig.settle();
    expect(await causes("Other")).toEqual([]);
    await system.crash("Other/a");
    await tell("d");
    await rig.settle();
    expect(await causes("Other")).toMatchObject([{ class: "OverloadedError", fields: { scope: "partition" } }]);
    await system.actors.erase("Other/b");
    await tell("d");
    await rig.settle();
    expect(await causes("Other")).toHaveLength(1);
  });

  it("and retries that would let others pass have them wait, once there are too many", async () => {
    const system = await start({ maxDelayedPerActor: 2 });
    for (let count = 0; count < 3; count++) await system.ref(Flaky, "a").tell.fail();
    await system.ref(Flaky, "a").tell.note();
    await rig.settle();
    expect(began).toEqual([]);
    await rig.advance(60_000);
    expect([began, (await causes("Flaky")).length]).toEqual([["noted"], 3]);
  });
});

describe("OverloadedError of an actor", () => {
  it("says to come back when a tenth of what waits is done, judged by its type's turns", async () => {
    const system = await start({ types: { Slow: { maxWaitingPerActor: 100 } } });
    const slow = system.ref(Slow, "a").with({ timeout: "1h" });
    const first = slow.work("first");
    await rig.advance(2_000);
    running[0]!.end();
    await first;
    for (let count = 0; count <= 100; count++) void slow.work("waits").catch(() => {});
    const refusal = await refusalOf(slow.work("too many"));
    expect(refusal).toBeInstanceOf(OverloadedError);
    expect(refusal).toMatchObject({ scope: "actor", effect: "none", retryAfterMs: 20_000 });
  });
});
