import {
  CancelledError,
  DeadlockError,
  type LockLeases,
  LockLostError,
  LockTimeoutError,
  parseMessages,
} from "@actor-runtime/core";
import { type LocalSystem, systemActors } from "@actor-runtime/runtime";
import { beforeEach, describe, expect, it } from "vitest";
import { Gate, Rig, refusalOf, watch } from "./support.js";

let rig: Rig;
let worker: LocalSystem;
let one: LocalSystem;
let two: LocalSystem;

beforeEach(async () => {
  rig = new Rig();
  worker = await rig.host(systemActors, { process: "worker", workerId: "worker" });
  one = await rig.host([], { process: "one", workerId: "one" });
  two = await rig.host([], { process: "two", workerId: "two" });
});

/** Nothing is held, waited for or stored any more. */
async function expectNothingLeft(): Promise<void> {
  await rig.advance(2_000);
  expect(await worker.locks.list()).toEqual([]);
  const states: unknown[] = [];
  for await (const state of worker.actors.list("$Lock")) states.push(state);
  expect(states).toEqual([]);
}

describe("a lock", () => {
  it("P10: keeps others out until it is released, and its fence rises", async () => {
    const first = await one.locks.acquire("report");
    const second = watch(two.locks.acquire("report"));
    await rig.advance(1_000);
    expect(second.state).toBe("pending");
    expect(await worker.locks.list()).toMatchObject([
      { name: "report", held: { mode: "exclusive", fence: first.fence }, waiting: [{ mode: "exclusive" }] },
    ]);
    await first.release();
    await rig.settle();
    expect(second.state).toBe("resolved");
    expect(second.value!.fence).toBeGreaterThan(first.fence);
    await second.value!.release();
    await expectNothingLeft();
  });

  it("is given to those who wait in the order they came", async () => {
    const first = await one.locks.acquire("report");
    const order: number[] = [];
    const waiters: Promise<void>[] = [];
    for (const n of [1, 2, 3, 4, 5]) {
      const system = n % 2 === 0 ? one : two;
      waiters.push(system.locks.withLock("report", () => void order.push(n)));
      await rig.settle();
    }
    await first.release();
    await rig.settle();
    await Promise.all(waiters);
    expect(order).toEqual([1, 2, 3, 4, 5]);
    await expectNothingLeft();
  });

  it("is shared by readers, with one fence, and a writer that waits keeps later readers behind it", async () => {
    const reader = await one.locks.acquire("report", { mode: "shared" });
    const other = await two.locks.acquire("report", { mode: "shared" });
    expect(other.fence).toBe(reader.fence);
    const writer = watch(one.locks.acquire("report"));
    await rig.settle();
    const late = watch(two.locks.acquire("report", { mode: "shared" }));
    await reader.release();
    await rig.settle();
    expect([writer.state, late.state]).toEqual(["pending", "pending"]);
    await other.release();
    await rig.settle();
    expect([writer.state, late.state]).toEqual(["resolved", "pending"]);
    await writer.value!.release();
    await rig.settle();
    await late.value!.release();
    await expectNothingLeft();
  });

  it("is not waited for past `wait`, to the millisecond", async () => {
    const held = await one.locks.acquire("report");
    const refused = watch(two.locks.acquire("report", { wait: 1_234 }));
    await rig.advance(1_233);
    expect(refused.state).toBe("pending");
    await rig.advance(2);
    expect(refused.error).toBeInstanceOf(LockTimeoutError);
    expect(refused.error!.message).toContain('"report" is held by one for 1.2 s');
    await held.release();
    await expectNothingLeft();
  });

  it("is not asked for again by who gave up, which would keep it from others for two seconds", async () => {
    const held = await one.locks.acquire("report");
    const late = watch(two.locks.acquire("report", { wait: 100 }));
    await rig.advance(200);
    expect(late.error).toBeInstanceOf(LockTimeoutError);
    await rig.advance(60_000);
    const asks = rig.published.flatMap(({ process, frame }) => (process === "two" ? parseMessages(frame.body) : []));
    expect(asks.filter(({ kind }) => kind === "ask")).toHaveLength(1);
    await held.release();
    await expectNothingLeft();
  });

  it("can be tried without waiting", async () => {
    const held = await one.locks.acquire("report");
    expect(await two.locks.tryAcquire("report")).toBeUndefined();
    await held.release();
    const had = await two.locks.tryAcquire("report");
    expect(had!.fence).toBeGreaterThan(held.fence);
    await had!.release();
    await expectNothingLeft();
  });

  it("is given up by who waits and aborts", async () => {
    const held = await one.locks.acquire("report");
    const stop = new AbortController();
    const waits = watch(two.locks.acquire("report", { signal: stop.signal }));
    await rig.settle();
    stop.abort();
    await rig.settle();
    expect(waits.error).toBeInstanceOf(CancelledError);
    expect(await worker.locks.list()).toMatchObject([{ waiting: [] }]);
    await held.release();
    await expectNothingLeft();
  });

  it("is renewed for as long as it is held", async () => {
    const held = await one.locks.acquire("report", { lease: "2s" });
    await rig.advance(60_000);
    held.check();
    expect(await two.locks.tryAcquire("report")).toBeUndefined();
    await held.release();
    await expectNothingLeft();
  });

  it("P10: of a process that is cut off is lost before its lease ends, its signal says so, and then another has it", async () => {
    const held = await one.locks.acquire("report", { lease: "3s" });
    const next = watch(two.locks.acquire("report", { wait: "10s" }));
    rig.world.disconnect("one", "store");
    await rig.advance(2_900);
    expect(held.signal.aborted).toBe(false);
    expect(next.state).toBe("pending");
    await rig.advance(60);
    expect(held.signal.aborted).toBe(true);
    expect(held.signal.reason).toBeInstanceOf(LockLostError);
    expect(() => held.check()).toThrow(LockLostError);
    await rig.advance(700);
    expect(next.state).toBe("resolved");
    await next.value!.release();
    await expectNothingLeft();
  });

  it("can be broken: its holder hears of it at once and the next in line has it", async () => {
    const held = await one.locks.acquire("report");
    const next = watch(two.locks.acquire("report"));
    await rig.settle();
    const { signal } = held;
    expect(await worker.locks.break("report")).toMatchObject({ fence: held.fence });
    await rig.settle();
    expect(signal.aborted).toBe(true);
    expect(next.value!.fence).toBeGreaterThan(held.fence);
    await held.release();
    await rig.settle();
    next.value!.check();
    await next.value!.release();
    await expectNothingLeft();
  });
});

it("P10: a lock that is broken while word of its claim is on its way is not had", async () => {
  const answered = new Gate();
  let claims = 0;
  const slow = await rig.host([], {
    process: "slow",
    workerId: "slow",
    ports: ({ locks, ...ports }) => {
      const claim: LockLeases["claim"] = async (...args) => {
        const claimed = await locks.claim(...args);
        if (claims++ === 0) await answered.pass();
        return claimed;
      };
      const get = (_: LockLeases, name: keyof LockLeases) => (name === "claim" ? claim : locks[name].bind(locks));
      return { ...ports, locks: new Proxy(locks, { get }) };
    },
  });
  const taken = watch(slow.locks.acquire("report"));
  await rig.settle();
  const broken = await worker.locks.break("report");
  await rig.settle();
  answered.open();
  await rig.settle();
  expect(taken.value!.fence).toBeGreaterThan(broken!.fence);
  await taken.value!.release();
  await expectNothingLeft();
});

describe("several locks", () => {
  it("are taken in one order by everybody", async () => {
    const takes = [one, two].flatMap((system) =>
      [1, 2, 3].map((n) => system.locks.withLock(n % 2 === 0 ? ["a", "b", "c"] : ["c", "b", "a"], async () => {})),
    );
    const all = watch(Promise.all(takes));
    await rig.advance(1_000);
    expect(all.state).toBe("resolved");
    await expectNothingLeft();
  });

  it("are all given back when one cannot be had in time", async () => {
    const b = await one.locks.acquire("b");
    const error = refusalOf(two.locks.acquire(["a", "b"], { wait: 100 }));
    await rig.advance(200);
    expect(await error).toBeInstanceOf(LockTimeoutError);
    await rig.settle();
    expect((await worker.locks.list()).map(({ name }) => name)).toEqual(["b"]);
    await b.release();
    await expectNothingLeft();
  });

  it("are not waited for past `wait` while the store is asked whether all are still held: that had no end", async () => {
    const three = await rig.host([], {
      process: "three",
      ports: (ports) => ({ ...ports, locks: unconfirmed(ports.locks) }),
    });
    const late = watch(three.locks.acquire(["a", "b"], { wait: 100 }));
    await rig.advance(150);
    expect(late.error).toBeInstanceOf(LockTimeoutError);
    await rig.settle();
    await expectNothingLeft();
  });

  it("are not waited for past `wait` by who cannot have them all: it waited until the store had those back that it had", async () => {
    const three = await rig.host([], {
      process: "three",
      ports: (ports) => ({ ...ports, locks: unanswered(ports.locks) }),
    });
    const b = await one.locks.acquire("b");
    const late = watch(three.locks.acquire(["a", "b"], { wait: 100 }));
    // 50 ms are for the holder's name in the error.
    await rig.advance(150);
    expect(late.error).toBeInstanceOf(LockTimeoutError);
    await b.release();
  });

  it("P10: are not waited for past `wait` when the first is lost meanwhile: it waited until the store had the others back", async () => {
    const three = await rig.host([], {
      process: "three",
      ports: (ports) => ({ ...ports, locks: unanswered(ports.locks) }),
    });
    const b = await one.locks.acquire("b");
    const late = watch(three.locks.acquire(["a", "b"], { wait: 100 }));
    await rig.settle();
    await worker.locks.break("a");
    await b.release();
    await rig.advance(100);
    expect(late.error).toBeInstanceOf(LockLostError);
  });

  it("are left by a body that has lost one while the store takes back the others: it waited for that", async () => {
    const three = await rig.host([], {
      process: "three",
      ports: (ports) => ({ ...ports, locks: unanswered(ports.locks) }),
    });
    const body = watch(
      three.locks.withLock(["a", "b"], (lock) => {
        return new Promise<void>((resolve) => lock.signal.addEventListener("abort", () => resolve()));
      }),
    );
    await rig.settle();
    await worker.locks.break("a");
    await rig.settle();
    expect(body.error).toBeInstanceOf(LockLostError);
  });
});

/** Releases are never answered. */
function unanswered(leases: LockLeases): LockLeases {
  return replacing(leases, "release", () => new Promise(() => {}));
}

/** The first claim of each lock is answered, and no other. */
function unconfirmed(leases: LockLeases): LockLeases {
  const claimed = new Set<string>();
  return replacing(leases, "claim", (offer, session) => {
    if (claimed.has(offer.request)) return new Promise(() => {});
    claimed.add(offer.request);
    return leases.claim(offer, session);
  });
}

function replacing<K extends keyof LockLeases>(leases: LockLeases, name: K, method: LockLeases[K]): LockLeases {
  return new Proxy(leases, {
    get(_, key) {
      if (key === name) return method;
      const member: unknown = Reflect.get(leases, key);
      return typeof member === "function" ? member.bind(leases) : member;
    },
  });
}

describe("nested locks", () => {
  it("of the same name are one", async () => {
    const seen: number[] = [];
    await one.locks.withLock("report", (outer) =>
      one.locks.withLock("report", async (inner) => {
        seen.push(outer.fence, inner.fence);
      }),
    );
    expect(seen[0]).toBe(seen[1]);
    await expectNothingLeft();
  });

  it("that wait for each other end with a DeadlockError for the youngest, within a second", async () => {
    const nested = (system: LocalSystem, outer: string, inner: string) =>
      watch(
        system.locks.withLock(outer, async () => {
          await new Promise<void>((resolve) => void rig.clock.after(10, resolve));
          return system.locks.withLock(inner, async () => "done");
        }),
      );
    const a = nested(one, "a", "b");
    const b = nested(two, "b", "a");
    await rig.advance(1_000);
    const states = [a, b].map(({ state }) => state).toSorted();
    expect(states).toEqual(["rejected", "resolved"]);
    const refused = a.state === "rejected" ? a : b;
    expect(refused.error).toBeInstanceOf(DeadlockError);
    expect(refused.error!.message).toMatch(/deadlock: \$Lock\/(a → \$Lock\/b → \$Lock\/a|b → \$Lock\/a → \$Lock\/b)/);
    await expectNothingLeft();
  });
});
