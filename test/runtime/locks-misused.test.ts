import {
  ClosedError,
  ConfigError,
  LockTimeoutError,
  OverloadedError,
  parseMessages,
  UnsupportedError,
} from "@actor-runtime/core";
import {
  Actor,
  ActorContext,
  Handler,
  inject,
  type LocalSystem,
  type Lock,
  type LockOptions,
  State,
  systemActors,
} from "@actor-runtime/runtime";
import { beforeEach, describe, expect, it } from "vitest";
import { Gate, Rig, refusalOf, watch } from "./support.js";

let rig: Rig;
let worker: LocalSystem;
let one: LocalSystem;
let two: LocalSystem;

@Actor("Page", { partitions: 4 })
class Page {
  private readonly self = inject(ActorContext);
  @State() private lines = 0;

  @Handler() write(): number {
    return ++this.lines;
  }

  @Handler() async writeUnder(options: string): Promise<void> {
    await this.self.locks.acquire("pen", wrong.get(options) as LockOptions);
  }
}

const wrong = new Map<string, unknown>([
  ["null", null],
  ["a text", "5s"],
  ["a signal that is none", { signal: "stop" }],
  ["null for a signal", { signal: null }],
  ["a bigint for a mode", { mode: 1n }],
  ["a symbol for a mode", { mode: Symbol("shared") }],
  ["no lease", { lease: 0 }],
  ["a lease that is none", { lease: Number.NaN }],
  ["a lease of an hour", { lease: "1h" }],
  ["an endless wait", { wait: Number.POSITIVE_INFINITY }],
]);

beforeEach(async () => {
  rig = new Rig();
  worker = await rig.host([Page, ...systemActors], { process: "worker", workerId: "worker" });
  one = await rig.host([], { process: "one", workerId: "one" });
  two = await rig.host([], { process: "two", workerId: "two" });
});

it("what a body leaves running in a nested body of the same lock keeps it", async () => {
  const gate = new Gate();
  let left: Promise<void> = Promise.resolve();
  await one.locks.withLock("pen", () => {
    left = one.locks.withLock("pen", () => gate.pass());
  });
  expect(await two.locks.tryAcquire("pen")).toBeUndefined();
  gate.open();
  await left;
  await (await two.locks.tryAcquire("pen"))!.release();
});

it("P10: what a body returns and only begins when it is awaited is under the lock, too: its asks carried no fence", async () => {
  // A thenable, as query builders are.
  const lazy = new Proxy({} as PromiseLike<number>, {
    get: () => (resolve: (lines: number) => void) => void one.ref(Page, "a").write().then(resolve),
  });
  let fence = 0;
  const lines = await one.locks.withLock("pen", (lock) => {
    fence = lock.fence;
    return lazy as Promise<number>;
  });
  expect(lines).toBe(1);
  const asked = rig.published.flatMap(({ frame }) => parseMessages(frame.body)).find(({ to }) => to === "Page/a");
  expect(asked!.locks).toEqual([["pen", fence]]);
});

describe.each([...wrong])("options that are wrong, %s:", (name, options) => {
  it("are refused by name", async () => {
    expect(await refusalOf(one.locks.acquire("pen", options as LockOptions))).toBeInstanceOf(ConfigError);
    expect(await refusalOf(one.ref(Page, "a").writeUnder(name))).toBeInstanceOf(ConfigError);
  });
});

describe("a system that closes", () => {
  it("holds nothing that was under way: it went on to renew what it got after its sessions were given back", async () => {
    const takes = Array.from({ length: 20 }, (_, n) =>
      watch(two.locks.acquire(`pen-${n}`, { lease: 1_000 + n * 1_000 })),
    );
    await two.close();
    const late = await refusalOf(two.locks.acquire("ink"));
    await rig.advance(1_000);
    const had = takes.flatMap(({ value }) => value ?? []);
    const refused = takes.flatMap(({ error }) => error ?? []);
    expect(had.length + refused.length).toBe(20);
    expect(had.filter((lock: Lock) => !lock.signal.aborted)).toEqual([]);
    for (const error of [late, ...refused]) expect(error).toBeInstanceOf(ClosedError);
    // What was offered meanwhile runs out.
    await rig.advance(2_000);
    expect(await worker.locks.list()).toEqual([]);
  });

  it("says so to who waits for a lock: it said that the word to the queue could not be sent", async () => {
    const held = await one.locks.acquire("pen");
    const waits = watch(two.locks.acquire("pen"));
    await rig.settle();
    await two.close();
    await rig.settle();
    expect(waits.error).toBeInstanceOf(ClosedError);
    expect(waits.error!.message).toContain("$Lock/pen.acquire");
    await held.release();
  });
});

describe("a lock for which 1,000 wait", () => {
  beforeEach(async () => {
    for (let n = 0; n <= 1_000; n++) one.locks.acquire("pen", { wait: "10m" }).catch(() => {});
    await rig.settle();
  });

  it("P12: is refused to the next at once: he was told after all his time that he did not have it in time", async () => {
    expect((await worker.locks.list())[0]!.waiting).toHaveLength(1_000);
    const refused = watch(two.locks.acquire("pen"));
    await rig.settle();
    expect(refused.error).toBeInstanceOf(OverloadedError);
    expect(refused.error!.message).toContain("1000 wait for it already");
  });

  it("is not had by who tries: it took him 5 s to learn that too many wait", async () => {
    const tried = watch(two.locks.tryAcquire("pen"));
    await rig.settle();
    expect(tried).toMatchObject({ state: "resolved", value: undefined });
  });
});

it("who waits goes on when the store's clock is set forward: he was told that his time was over", async () => {
  const held = await one.locks.acquire("pen");
  const next = watch(two.locks.acquire("pen", { wait: "20s" }));
  const late = watch(two.locks.acquire("pen", { wait: "18s" }));
  await rig.settle();
  rig.clock.jumpWall(4_000);
  await rig.advance(17_900);
  expect([next.state, late.state]).toEqual(["pending", "pending"]);
  await rig.advance(200);
  expect(late.error).toBeInstanceOf(LockTimeoutError);
  await held.release();
  await rig.settle();
  expect(next.state).toBe("resolved");
  await next.value!.release();
});

it("the queue of a lock is not set from outside: whoever came then met what no lock actor can read", async () => {
  const { version } = await one.actors.load("$Lock/pen");
  const refused = await refusalOf(one.actors.compareAndSet("$Lock/pen", version, { waiting: "nobody" }));
  expect(refused).toBeInstanceOf(UnsupportedError);
  await (await one.locks.acquire("pen")).release();
});
