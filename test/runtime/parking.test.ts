import {
  type Message,
  NotStartedError,
  OverloadedError,
  RejectedError,
  type Store,
  type StoredMessage,
} from "@actor-runtime/core";
import {
  Actor,
  ActorContext,
  Handler,
  inject,
  type Limits,
  type LocalSystem,
  Query,
  State,
  systemActors,
} from "@actor-runtime/runtime";
import { beforeEach, describe, expect, it } from "vitest";
import { Gate, Rig, refusalOf, type Watched, watch } from "./support.js";

let rig: Rig;
let system: LocalSystem;
let gate: Gate;

/** Every actor of it lives in one partition. */
@Actor("One", { partitions: 1, attempts: 3 })
class One {
  private readonly self = inject(ActorContext);
  @State() private readonly seen: unknown[] = [];
  @State() private last = 0;
  @State() private gaps = 0;
  /** What each run of a failing handler was given. */
  static readonly runs: unknown[] = [];

  @Handler() note(value: unknown): number {
    this.seen.push(value);
    return this.seen.length;
  }
  /** Numbers in order from 1 on; anything else is found in `gaps`. */
  @Handler() count(n: number): void {
    if (n !== this.last + 1) this.gaps++;
    this.last = n;
  }
  @Query() counted(): { last: number; gaps: number } {
    return { last: this.last, gaps: this.gaps };
  }
  @Handler() async slowly(value: unknown): Promise<number> {
    await gate.pass();
    this.seen.push(value);
    return this.seen.length;
  }
  /** Works on its own argument. */
  @Handler() async drain(items: number[]): Promise<number> {
    let sum = 0;
    while (items.length > 0) sum += items.pop()!;
    await gate.pass();
    this.seen.push(sum);
    return sum;
  }
  @Handler() async askOther(key: string): Promise<number> {
    await this.self.ref(One, key).note(this.self.key);
    this.seen.push(key);
    return this.seen.length;
  }
  @Handler({ timeout: "10s" }) async never(): Promise<void> {
    One.runs.push(this.self.attempt);
    await new Promise(() => {});
  }
  @Handler() fail(value: unknown): void {
    One.runs.push(value);
    throw new Error("always");
  }
  @Handler() async failLater(value: unknown): Promise<void> {
    One.runs.push(value);
    await gate.pass();
    throw new RejectedError("no", { code: "NO" });
  }
  @Handler() async destroy(): Promise<void> {
    await gate.pass();
    this.self.destroy();
  }
  @Handler() async tellMany(key: string, count: number, size: number): Promise<void> {
    for (let i = 0; i < count; i++) this.self.ref(One, key).tell.note("x".repeat(size));
  }
  @Query() list(): unknown[] {
    return this.seen;
  }
  @Query() async look(): Promise<number> {
    await gate.pass();
    return this.seen.length;
  }
  @Query() async lookAtOther(key: string): Promise<unknown[]> {
    return this.self.ref(One, key).list();
  }
}

/** Takes its time to come to life. */
@Actor("Waking", { partitions: 1, mailbox: "One" })
class Waking {
  @State() private notes = 0;

  async onActivate(): Promise<void> {
    await gate.pass();
  }
  @Handler() note(): number {
    return ++this.notes;
  }
}

/** The smallest window there is: four frames. */
const small: Partial<Limits> = { maxUnsettledBytes: 1 };
const windowSize = 4;

const start = (limits: Partial<Limits> = {}, process = "main") =>
  rig.host([One, Waking], { process, limits: { ...small, ...limits } });

const one = (key: string) => system.ref(One, key);

function content() {
  return rig.world.store.snapshot().partitions.get("One:g1:00")!;
}

function storedFor(key: string): StoredMessage[] {
  return (content().stored.get(`One/${key}`) ?? []).map((text) => JSON.parse(text) as StoredMessage);
}

/** What dead letters were told, each once: letters are copied at least once. */
async function deadOnes(): Promise<unknown[]> {
  const letters = await rig.deadLetters("One");
  return [...new Map(letters.map(({ id, message }) => [id, (message as Message).args[0]])).values()];
}

/** A turn that waits for the gate, and tells behind it, each in a frame of its own. */
async function slowWithBacklog(key: string, count: number): Promise<Watched<number>> {
  const running = watch(one(key).with({ timeout: "60s" }).slowly(0));
  await rig.settle();
  for (let i = 1; i <= count; i++) await one(key).tell.note(i);
  return running;
}

const upTo = (n: number) => Array.from({ length: n + 1 }, (_, i) => i);

beforeEach(async () => {
  rig = new Rig();
  gate = new Gate();
  One.runs.length = 0;
  system = await start();
});

describe("P8: a slow actor never stops the others of its partition", () => {
  it("whose messages wait behind its own, more than the window holds", async () => {
    const running = await slowWithBacklog("slow", 10 * windowSize);
    const neighbour = watch(one("other").note("x"));
    await rig.settle();
    expect(neighbour.state).toBe("pending");
    await rig.advance(1_500);
    expect(neighbour.value).toBe(1);
    expect(running.state).toBe("pending");
    gate.open();
    await running.end();
    expect(await one("slow").list()).toEqual(upTo(10 * windowSize));
    expect(content().stored.size).toBe(0);
  });

  it("with tens of thousands of waiting messages, which it handles once each and in order when it can", async () => {
    await system.close();
    system = await start({ maxWaitingPerActor: 1_000_000, maxStoredPerActor: 1_000_000, maxStoredBytesPerActor: 1e9 });
    const running = watch(one("slow").slowly(0));
    await rig.settle();
    const told: Promise<void>[] = [];
    for (let i = 1; i <= 30_000; i++) told.push(one("slow").tell.count(i));
    await Promise.all(told);
    const neighbour = watch(one("other").note("x"));
    await rig.advance(1_000);
    expect(neighbour.value).toBe(1);
    expect(storedFor("slow").length).toBeGreaterThan(20_000);
    gate.open();
    await running.end();
    expect(await one("slow").counted()).toEqual({ last: 30_000, gaps: 0 });
    expect(content().stored.size).toBe(0);
  });

  it("and messages that come for it later do not make them wait 50 ms again for each window", async () => {
    await slowWithBacklog("slow", windowSize);
    await rig.advance(100);
    for (let i = 0; i < 20 * windowSize; i++) await one("slow").tell.note(i);
    const neighbour = watch(one("other").note("x"));
    await rig.settle();
    expect(neighbour.value).toBe(1);
  });

  it("even if all of them are slow", async () => {
    const running = Array.from({ length: 5 * windowSize }, (_, i) => `k${i}`);
    const turns: Watched<number>[] = [];
    for (const key of running) {
      turns.push(watch(one(key).slowly(key)));
      await rig.settle();
    }
    await rig.advance(1_000);
    expect(gate.arrivals).toBe(running.length);
    gate.open();
    for (const turn of turns) expect((await turn.end()).value).toBe(1);
  });

  it("nor do turns that ask each other, whose asks wait behind the window they fill", async () => {
    const asking: Watched<number>[] = [];
    for (let i = 0; i < 2 * windowSize; i++) {
      asking.push(watch(one(`a${i}`).askOther(`b${i}`)));
    }
    await rig.advance(1_000);
    expect(asking.map(({ value }) => value)).toEqual(asking.map(() => 1));
    for (let i = 0; i < 2 * windowSize; i++) expect(await one(`b${i}`).list()).toEqual([`a${i}`]);
  });

  it("nor does one that waits for its next attempt, with what waits behind it", async () => {
    await system.close();
    system = await start({ retry: { firstMs: 60_000, maxMs: 60_000 } });
    await one("failing").tell.fail(0);
    await rig.settle();
    for (let i = 1; i <= 3 * windowSize; i++) await one("failing").tell.note(i);
    const neighbour = watch(one("other").note("x"));
    await rig.advance(200);
    expect(One.runs).toHaveLength(1);
    expect(neighbour.value).toBe(1);
    await rig.advance(200_000);
    expect(One.runs).toHaveLength(3);
    expect(await one("failing").list()).toEqual(upTo(3 * windowSize).slice(1));
  });

  it("nor does one that takes long to come to life", async () => {
    const waking = system.ref(Waking, "w");
    for (let i = 0; i < 3 * windowSize; i++) await waking.tell.note();
    const neighbour = watch(one("other").note("x"));
    await rig.advance(500);
    expect(neighbour.value).toBe(1);
    gate.open();
    expect(await waking.note()).toBe(3 * windowSize + 1);
  });

  it("while under mere load nothing is stored", async () => {
    let stored = 0;
    await system.close();
    system = await rig.host([One, Waking], {
      limits: small,
      ports: (ports) => ({
        ...ports,
        store: new Proxy(ports.store, {
          get: (store, name: keyof Store) =>
            name === "commit"
              ? (...args: Parameters<Store["commit"]>) => {
                  stored += args[1].stored.length;
                  return store.commit(...args);
                }
              : (store[name] as () => unknown).bind(store),
        }),
      }),
    });
    for (let i = 0; i < 500; i++) {
      for (let k = 0; k < 10; k++) void one(`k${k}`).tell.note(i);
      if (i % 10 === 0) await rig.advance(7);
    }
    await rig.advance(1_000);
    expect(stored).toBe(0);
    for (let k = 0; k < 10; k++) expect(await one(`k${k}`).list()).toHaveLength(500);
  });
});

describe("P1 and P3: what is stored behind a slow actor takes effect once and in order", () => {
  const count = 3 * windowSize;

  it("when the owner crashes, which runs the turn again before anything else", async () => {
    const running = await slowWithBacklog("slow", count);
    await rig.advance(1_000);
    expect(storedFor("slow").length).toBeGreaterThan(count - windowSize);
    await system.crash("One/slow");
    await one("slow").tell.note(count + 1);
    await rig.settle();
    expect(gate.arrivals).toBe(2);
    gate.open();
    expect((await running.end()).value).toBe(1);
    expect(await one("slow").list()).toEqual(upTo(count + 1));
    expect(content().stored.size).toBe(0);
  });

  it("when it crashes between any two of its commits", async () => {
    for (let hops = 0; hops < 60; hops += 3) {
      rig = new Rig();
      gate = new Gate();
      system = await start();
      await slowWithBacklog("slow", count);
      await rig.advance(40);
      const passed = rig.advance(20);
      for (let i = 0; i < hops; i++) await Promise.resolve();
      await system.crash("One/slow");
      await passed;
      gate.open();
      await rig.advance(1_000);
      expect(await one("slow").list()).toEqual(upTo(count));
      expect(content().stored.size).toBe(0);
    }
  });

  it("when another worker takes over from one that the store cannot hear any more", async () => {
    const client = await rig.host([], { process: "client" });
    const slow = client.ref(One, "slow").with({ timeout: "60s" });
    void watch(slow.slowly(0));
    await rig.settle();
    for (let i = 1; i <= count; i++) await slow.tell.note(i);
    await rig.advance(1_000);
    const second = watch(start({}, "second"));
    rig.world.disconnect("main");
    await rig.advance(20_000);
    gate.open();
    await rig.advance(1_000);
    expect((await second.end()).state).toBe("resolved");
    expect(await client.ref(One, "slow").list()).toEqual(upTo(count));
  });

  it("when its channel is lost, again and again", async () => {
    await slowWithBacklog("slow", count);
    for (let i = 0; i < 5; i++) {
      rig.world.cutChannels();
      await rig.advance(200);
      await one("slow").tell.note(count + 1 + i);
    }
    gate.open();
    await rig.advance(1_000);
    expect(await one("slow").list()).toEqual(upTo(count + 5));
    expect(await rig.deadLetters("One")).toEqual([]);
  });

  it("when the partition is handed over in good order", async () => {
    const client = await rig.host([], { process: "client" });
    void watch(client.ref(One, "slow").with({ timeout: "60s" }).slowly(0));
    await rig.settle();
    for (let i = 1; i <= count; i++) await client.ref(One, "slow").tell.note(i);
    await rig.advance(1_000);
    const closing = system.close({ drainTimeout: "1s" });
    await rig.advance(1_500);
    await closing;
    system = await start({}, "second");
    gate.open();
    await rig.advance(1_000);
    expect(await client.ref(One, "slow").list()).toEqual(upTo(count));
  });

  it("when its turn fails for good", async () => {
    await one("slow").tell.failLater("first");
    await rig.settle();
    for (let i = 1; i <= count; i++) await one("slow").tell.note(i);
    await rig.advance(500);
    gate.open();
    await rig.settle();
    expect(await one("slow").list()).toEqual(upTo(count).slice(1));
    expect(await rig.deadLetters("One")).toMatchObject([{ handler: "failLater", attempts: 1, cause: { code: "NO" } }]);
  });

  it("when its turn runs out of its time and is tried again", async () => {
    await one("slow").tell.never();
    await rig.settle();
    for (let i = 1; i <= count; i++) await one("slow").tell.note(i);
    await rig.advance(60_000);
    expect(One.runs).toEqual([1, 2, 3]);
    expect(await rig.deadLetters("One")).toMatchObject([{ handler: "never", attempts: 3 }]);
    expect(await one("slow").list()).toEqual(upTo(count).slice(1));
  });

  it("when its turn destroys it: what waits meets a new actor", async () => {
    await one("slow").note("old");
    const running = watch(one("slow").destroy());
    await rig.settle();
    for (let i = 1; i <= count; i++) await one("slow").tell.note(i);
    await rig.advance(500);
    gate.open();
    await running.end();
    expect(await one("slow").list()).toEqual(upTo(count).slice(1));
  });

  it("when it came due as a delayed message among them", async () => {
    const slow = one("slow");
    await slow.with({ delay: "1s" }).tell.note("delayed");
    const running = watch(slow.with({ timeout: "60s" }).slowly(0));
    await rig.advance(1_000);
    for (let i = 1; i <= count; i++) await slow.tell.note(i);
    await rig.advance(500);
    expect(content().reminders.size).toBe(0);
    await system.crash("One/slow");
    gate.open();
    await running.end();
    await rig.settle();
    expect((await slow.list()).filter((value) => value === "delayed")).toHaveLength(1);
  });
});

describe("P2: an ask that is stored", () => {
  /** Fills the window with a slow actor's tells, so that what was asked is stored with them. */
  async function storedAsk<T>(ask: () => Promise<T>): Promise<Watched<T>> {
    await one("slow").tell.slowly(0);
    await rig.settle();
    const asked = watch(ask());
    for (let i = 0; i < 2 * windowSize; i++) await one("slow").tell.note("behind");
    await rig.advance(200);
    expect(storedFor("slow")[1]?.message.kind).toBe("ask");
    return asked;
  }

  it("is answered as any other", async () => {
    const asked = await storedAsk(() => one("slow").note("asked"));
    gate.open();
    expect((await asked.end()).value).toBe(2);
  });

  it("is answered by the next owner", async () => {
    const asked = await storedAsk(() => one("slow").note("asked"));
    await system.crash("One/slow");
    gate.open();
    expect((await asked.end()).value).toBe(2);
  });

  it.each(["plain", "keyed"])("and repeated by its sender at half its time takes effect once (%s)", async (kind) => {
    const options =
      kind === "keyed" ? ({ timeout: "10s", idempotencyKey: "k" } as const) : ({ timeout: "10s" } as const);
    const asked = await storedAsk(() => one("slow").with(options).note("asked"));
    await rig.advance(6_000);
    await system.crash("One/slow");
    gate.open();
    expect((await asked.end()).value).toBe(2);
    await rig.settle();
    expect((await one("slow").list()).filter((value) => value === "asked")).toHaveLength(1);
  });

  it.each(["plain", "keyed"])("and failed at the next owner runs once, for its repeat too (%s)", async (kind) => {
    const options =
      kind === "keyed" ? ({ timeout: "10s", idempotencyKey: "k" } as const) : ({ timeout: "10s" } as const);
    const asked = await storedAsk(() => one("slow").with(options).fail("asked"));
    await system.crash("One/slow");
    rig.world.disconnect("main", "broker");
    gate.open();
    await rig.advance(4_000);
    rig.world.reconnect("main", "broker");
    await rig.advance(5_000);
    expect((await asked.end()).error).toMatchObject({ code: "HANDLER_FAILED" });
    await rig.advance(10_000);
    expect(One.runs).toEqual(["asked"]);
  });

  it("takes effect once although its sender has the answer before its repeat comes to its turn", async () => {
    const asked = await storedAsk(() => one("slow").with({ timeout: "10s" }).note("asked"));
    await one("slow").tell.slowly("between");
    await rig.advance(5_000);
    for (let i = 0; i < 2 * windowSize; i++) await one("slow").tell.note("behind");
    await rig.advance(200);
    expect(storedFor("slow").some(({ message }) => message.of !== undefined)).toBe(true);
    await system.crash("One/slow");
    const first = gate;
    gate = new Gate();
    first.open();
    expect((await asked.end()).value).toBe(2);
    for (let i = 0; i < 3; i++) await one("other").note(i);
    await rig.advance(2_000);
    gate.open();
    await rig.advance(1_000);
    expect((await one("slow").list()).filter((value) => value === "asked")).toHaveLength(1);
  });

  it("does not leave its kept answer behind once its sender has it", async () => {
    const asked = await storedAsk(() => one("slow").note("asked"));
    await system.crash("One/slow");
    gate.open();
    await asked.end();
    for (let i = 0; i < 3; i++) await one("slow").note(i);
    await rig.advance(2_000);
    const kept = [...content().young.answers.keys(), ...content().old.answers.keys()];
    expect(kept.length).toBeLessThanOrEqual(1);
  });

  it("gets its own arguments when it runs again, whatever its first run did to them", async () => {
    const asked = watch(one("slow").with({ timeout: "50s" }).drain([1, 2, 3]));
    await rig.settle();
    for (let i = 0; i < 2 * windowSize; i++) await one("slow").tell.note("behind");
    await rig.advance(200);
    expect(storedFor("slow")[0]?.message.args).toEqual([[1, 2, 3]]);
    await system.crash("One/slow");
    gate.open();
    expect((await asked.end()).value).toBe(6);
  });

  it("and withdrawn is not started", async () => {
    const controller = new AbortController();
    const asked = await storedAsk(() => one("slow").with({ signal: controller.signal }).note("asked"));
    controller.abort();
    await rig.settle();
    expect(asked.error).toMatchObject({ code: "CANCELLED" });
    gate.open();
    await rig.settle();
    expect(await one("slow").list()).not.toContain("asked");
  });

  it("and past its deadline is not started", async () => {
    const asked = await storedAsk(() => one("slow").with({ timeout: "5s" }).note("asked"));
    await rig.advance(11_000);
    expect(asked.error).toMatchObject({ code: "ASK_TIMEOUT" });
    gate.open();
    await rig.settle();
    expect(await one("slow").list()).not.toContain("asked");
  });

  it("of a turn that was itself stored and runs again gets its first answer", async () => {
    const asking = watch(one("a").with({ timeout: "20s" }).askOther("slow"));
    await rig.settle();
    expect((await asking.end()).value).toBe(1);
    await one("slow").tell.slowly(0);
    await rig.settle();
    const again = watch(one("a").with({ timeout: "50s" }).askOther("slow"));
    for (let i = 0; i < 2 * windowSize; i++) await one("a").tell.note("behind");
    await rig.advance(200);
    await system.crash("One/a");
    await rig.advance(200);
    gate.open();
    expect((await again.end()).value).toBe(2);
    expect((await one("slow").list()).filter((value) => value === "a")).toHaveLength(2);
  });
});

describe("erasing a slow actor", () => {
  it("passes what is stored behind it: tells are gone, who asked is told, and nothing of it runs later", async () => {
    const running = await slowWithBacklog("slow", 2 * windowSize);
    const asked = watch(one("slow").with({ timeout: "10s" }).note("asked"));
    for (let i = 0; i < 2 * windowSize; i++) await one("slow").tell.note("behind");
    await rig.advance(300);
    expect(storedFor("slow").some(({ message }) => message.kind === "ask" && message.handler === "note")).toBe(true);
    const erasing = watch(system.actors.erase("One/slow"));
    await rig.settle();
    gate.open();
    await running.end();
    expect((await erasing.end()).state).toBe("resolved");
    expect((await asked.end()).error).toBeInstanceOf(NotStartedError);
    await rig.advance(10_000);
    // What was in memory meets a new actor, as ever.
    const left = await one("slow").list();
    expect(left.length).toBeLessThan(windowSize);
    expect(left).not.toContain("asked");
    expect(content().stored.size).toBe(0);
    expect(await rig.deadLetters("One")).toEqual([]);
  });
});

describe("queries are never stored", () => {
  it("and what is behind one keeps its place", async () => {
    const running = await slowWithBacklog("slow", 1);
    const query = watch(one("slow").with({ timeout: "20s" }).list());
    await rig.settle();
    await one("slow").tell.note(2);
    await one("slow").tell.note(3);
    await rig.advance(75);
    expect(storedFor("slow")).toHaveLength(2);
    gate.open();
    await running.end();
    await rig.settle();
    expect(query.value).toEqual([0, 1]);
    expect(await one("slow").list()).toEqual([0, 1, 2, 3]);
  });

  it("and get OverloadedError when they keep the window full", async () => {
    const running = watch(one("slow").slowly(0));
    await rig.settle();
    const queries: Watched<unknown[]>[] = [];
    for (let i = 0; i < 3 * windowSize; i++) {
      queries.push(watch(one("slow").list()));
      await rig.settle();
    }
    const neighbour = watch(one("other").note("x"));
    await rig.advance(2_000);
    expect(neighbour.value).toBe(1);
    const refused = queries.filter(({ error }) => error !== undefined);
    expect(refused.length).toBeGreaterThan(0);
    for (const { error } of refused) {
      expect(error).toBeInstanceOf(OverloadedError);
      expect(error).toMatchObject({ scope: "partition", effect: "none", retryAfterMs: expect.any(Number) });
    }
    gate.open();
    await running.end();
    await rig.settle();
    const answered = queries.filter(({ value }) => value !== undefined);
    expect(answered.length + refused.length).toBe(queries.length);
  });

  it("nor do those that run, when they keep it full", async () => {
    const queries: Watched<number>[] = [];
    for (let i = 0; i < 2 * windowSize; i++) {
      queries.push(watch(one("slow").look()));
      await rig.settle();
    }
    const neighbour = watch(one("other").note("x"));
    await rig.advance(1_000);
    expect(neighbour.value).toBe(1);
    expect(queries[0]?.error).toMatchObject({ code: "OVERLOADED", scope: "partition" });
    gate.open();
    await rig.advance(100);
    expect(await one("slow").note("y")).toBe(1);
  });

  it("and queries that ask each other across a full window end, too", async () => {
    const queries = Array.from({ length: 3 * windowSize }, (_, i) => watch(one(`a${i}`).lookAtOther(`b${i}`)));
    await rig.advance(3_000);
    expect(queries.filter(({ state }) => state === "pending")).toEqual([]);
  });
});

describe("P12: what is stored is bounded", () => {
  it("per actor: beyond it an ask is OverloadedError and a tell a dead letter, each once", async () => {
    await system.close();
    system = await start({ maxStoredPerActor: 5 });
    const running = await slowWithBacklog("slow", 4);
    await rig.advance(100);
    const asked = watch(one("slow").note("asked"));
    for (let i = 0; i < windowSize; i++) await one("slow").tell.note(`over ${i}`);
    await rig.advance(100);
    expect(asked.error).toBeInstanceOf(OverloadedError);
    expect(asked.error).toMatchObject({ scope: "actor", effect: "none", retryAfterMs: expect.any(Number) });
    const letters = await rig.deadLetters("One");
    expect(letters.length).toBeGreaterThan(0);
    const causes = letters.map(({ cause }) => [cause.class, cause.fields?.scope]);
    expect(new Set(causes.map(String))).toEqual(new Set(["OverloadedError,actor"]));
    expect(storedFor("slow")).toHaveLength(5);
    await system.crash("One/slow");
    gate.open();
    await running.end();
    await rig.advance(500);
    const over = (await one("slow").list()).filter((value) => String(value).startsWith("over"));
    const buried = await deadOnes();
    expect([...over, ...buried].map(String).toSorted()).toEqual(["over 0", "over 1", "over 2", "over 3"]);
    expect(await one("slow").note("later")).toBeGreaterThan(5);
  });

  it("per actor in bytes", async () => {
    await system.close();
    system = await start({ maxStoredBytesPerActor: 10_000 });
    await slowWithBacklog("slow", 0);
    for (let i = 0; i < 3 * windowSize; i++) await one("slow").tell.note("x".repeat(3_000) + i);
    await rig.advance(1_000);
    expect(storedFor("slow").length).toBeLessThan(6);
    expect((await deadOnes()).length).toBeGreaterThan(windowSize);
  });

  it("per partition: beyond it the owner takes no more, senders wait or hear OverloadedError, and it goes on later", async () => {
    await system.close();
    rig.world.refuse("One:g1:00", false);
    system = await start({ maxStoredBytes: 20_000 });
    const running = await slowWithBacklog("slow", 0);
    for (let i = 0; i < 6 * windowSize; i++) await one("slow").tell.note("x".repeat(3_000));
    await rig.advance(1_000);
    const bytes = content()
      .stored.get("One/slow")!
      .reduce((sum, text) => sum + text.length, 0);
    expect(bytes).toBeLessThan(20_000);
    const neighbour = watch(one("other").with({ timeout: "30s" }).note("y"));
    await rig.advance(1_000);
    expect(neighbour.state).toBe("pending");
    expect(rig.logged("error").filter((line) => line.includes("nothing more is consumed"))).toHaveLength(1);
    gate.open();
    await running.end();
    await rig.advance(1_000);
    expect(neighbour.value).toBe(1);
    expect(await one("slow").list()).toHaveLength(6 * windowSize + 1);
    expect(await rig.deadLetters("One")).toEqual([]);
  });

  it("and counts what was found at takeover", async () => {
    await system.close();
    system = await start({ maxStoredPerActor: 5 });
    await slowWithBacklog("slow", 4);
    await rig.advance(100);
    const before = storedFor("slow").length;
    expect(before).toBeGreaterThan(2);
    await system.crash("One/slow");
    for (let i = 0; i < 2 * windowSize; i++) await one("slow").tell.note(`over ${i}`);
    await rig.advance(1_000);
    expect(storedFor("slow")).toHaveLength(5);
    expect(await deadOnes()).not.toEqual([]);
  });

  it("C.14: a turn that tells more than a target's outbox holds gets OverloadedError and leaves nothing", async () => {
    await system.close();
    system = await start({ maxOutboxBytes: 10_000 });
    const error = await refusalOf(one("a").tellMany("b", 20, 1_000));
    expect(error).toBeInstanceOf(OverloadedError);
    expect(error).toMatchObject({ scope: "outbox", effect: "none" });
    expect(await one("b").list()).toEqual([]);
    await one("a").tellMany("b", 5, 1_000);
    await rig.settle();
    expect(await one("b").list()).toHaveLength(5);
    await one("a").tellMany("b", 5, 1_000);
    await rig.settle();
    expect(await one("b").list()).toHaveLength(10);
  });
});

describe("while the store takes no commits", () => {
  it("an ask that would start is OverloadedError and leaves nothing, and tells wait without spending an attempt", async () => {
    await one("a").note("before");
    rig.world.disconnect("main", "store");
    await one("a").tell.note("told");
    await rig.advance(500);
    const asked = watch(one("b").with({ timeout: "20s" }).note("asked"));
    await one("c").tell.fail("told");
    await rig.advance(2_000);
    rig.world.reconnect("main", "store");
    await rig.advance(1_500);
    expect(asked.error).toBeInstanceOf(OverloadedError);
    expect(asked.error).toMatchObject({ scope: "store", effect: "none", retryAfterMs: expect.any(Number) });
    expect(await one("b").list()).toEqual([]);
    expect(await one("a").list()).toEqual(["before", "told"]);
  });
});

describe("P1: a frame whose messages are all known", () => {
  it("leaves the window although it is settled before its channel is handed over", async () => {
    for (let hops = 0; hops < 40; hops++) {
      rig = new Rig();
      gate = new Gate();
      system = await start();
      for (let i = 0; i < windowSize; i++) await one(`k${i}`).tell.slowly(i);
      await rig.settle();
      gate.open();
      for (let i = 0; i < hops; i++) await Promise.resolve();
      rig.world.cutChannels();
      await rig.advance(1_000);
      const asked = watch(one("other").note("x"));
      await rig.settle();
      expect(asked.value).toBe(1);
    }
  });
});

describe("a call in a transaction that was stored behind a slow actor", () => {
  it("is forgotten when the actor is erased: the next transaction there ended its worker", async () => {
    await system.close();
    system = await rig.host([One, Waking, ...systemActors], { process: "with transactions", limits: small });
    const running = await slowWithBacklog("slow", windowSize);
    const erasedCall = watch(system.transaction((tx) => tx.ref(one("slow")).note("erased")));
    await rig.settle();
    for (let i = 0; i < 2 * windowSize; i++) await one("slow").tell.note(i);
    await rig.advance(500);
    expect(storedFor("slow").map(({ message }) => message.tx !== undefined)).toContain(true);
    const erased = watch(system.actors.erase("One/slow"));
    await rig.settle();
    gate.open();
    const next = watch(
      system.transaction(async (tx) => {
        await tx.ref(one("slow")).slowly("next");
        await tx.ref(one("other")).note("next");
      }),
    );
    await rig.advance(15_000);
    expect([running.state, erased.state, next.state]).toEqual(["resolved", "resolved", "resolved"]);
    expect(erasedCall.state).not.toBe("pending");
    expect(rig.escaped).toEqual([]);
    expect((await one("slow").list()).at(-1)).toBe("next");
  });
});
