import {
  ClosedError,
  type LockLeases,
  LockLostError,
  LockTimeoutError,
  StoreUnavailableError,
} from "@actor-runtime/core";
import { type LocalSystem, type Ports, systemActors } from "@actor-runtime/runtime";
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

/** A process some of whose calls to the store of locks go another way. */
function hostWith(change: (locks: LockLeases) => Partial<LockLeases>): Promise<LocalSystem> {
  const ports = (given: Ports): Ports => ({
    ...given,
    locks: { ...bound(given.locks), ...change(given.locks) },
  });
  return rig.host([], { process: "three", workerId: "three", ports });
}

function bound(locks: LockLeases): LockLeases {
  return {
    open: (id, ttlMs) => locks.open(id, ttlMs),
    renew: (session, ttlMs) => locks.renew(session, ttlMs),
    close: (session) => locks.close(session),
    offer: (request, options) => locks.offer(request, options),
    claim: (offer, session) => locks.claim(offer, session),
    release: (request, only) => locks.release(request, only),
    break: (name) => locks.break(name),
    inspect: (name) => locks.inspect(name),
    list: (prefix) => locks.list(prefix),
    watch: (broken) => locks.watch(broken),
  };
}

describe("the body of a lock", () => {
  it("P10: leaves nothing behind that has the lock again once it was given back: both had it then", async () => {
    const gate = new Gate();
    let stray: Promise<unknown> | undefined;
    await one.locks.withLock("report", () => {
      stray = gate.pass().then(() => one.locks.withLock("report", async () => "has it, too"));
    });
    const other = await two.locks.acquire("report");
    gate.open();
    const error = await refusalOf(stray!);
    expect(error).toBeInstanceOf(LockLostError);
    expect(error.message).toContain("it was given back");
    other.check();
  });

  it("that leaves a nested one behind has the lock until that has ended, too", async () => {
    const gate = new Gate();
    let stray: Promise<void> | undefined;
    await one.locks.withLock("report", () => {
      stray = one.locks.withLock("report", () => gate.pass());
    });
    const next = watch(two.locks.acquire("report"));
    await rig.advance(1_000);
    expect(next.state).toBe("pending");
    gate.open();
    await stray;
    await rig.settle();
    expect(next.state).toBe("resolved");
  });

  it("may give it back itself: that was taken for a loss", async () => {
    const result = await one.locks.withLock("report", async (lock) => {
      await lock.release();
      return "done";
    });
    expect(result).toBe("done");
  });

  it("that has lost it takes no other: it waited for that in vain, until `wait` was over", async () => {
    const gate = new Gate();
    const nested = watch(
      one.locks.withLock("report", async () => {
        await gate.pass();
        await one.locks.withLock("archive", () => {});
      }),
    );
    await rig.settle();
    await worker.locks.break("report");
    await rig.settle();
    gate.open();
    await rig.settle();
    expect(nested.error).toBeInstanceOf(LockLostError);
    expect(nested.error!.message).toContain('"report"');
  });
});

it("what is lost while it is given back is no loss: the signal aborted though its user had done with it", async () => {
  const gate = new Gate();
  const three = await hostWith((locks) => ({
    release: async (request) => {
      await gate.pass();
      return locks.release(request);
    },
  }));
  const lock = await three.locks.acquire(["a", "b"]);
  const { signal } = lock;
  void lock.release();
  rig.world.disconnect("three", "store");
  await rig.advance(11_000);
  expect(signal.aborted).toBe(false);
  gate.open();
});

describe("the session of a process", () => {
  it("is not opened anew when the system was closed while a lock was claimed: nobody would ever close it", async () => {
    const gate = new Gate();
    const opened: string[] = [];
    const closed: string[] = [];
    const three = await hostWith((locks) => ({
      open: (id, ttlMs) => {
        opened.push(id);
        return locks.open(id, ttlMs);
      },
      close: (session) => {
        closed.push(session.id);
        return locks.close(session);
      },
      claim: async (offer, session) => {
        await gate.pass();
        return locks.claim(offer, session);
      },
    }));
    const taken = watch(three.locks.acquire("report"));
    await rig.settle();
    const closing = three.close();
    await rig.settle();
    gate.open();
    await closing;
    await rig.settle();
    expect(taken.error).toBeInstanceOf(ClosedError);
    expect(opened).toHaveLength(1);
    expect(closed).toEqual(opened);
  });

  it("that is renewed too late to keep its locks is closed: the renewal kept them from others for another lease", async () => {
    const gate = new Gate();
    const three = await hostWith((locks) => ({
      renew: async (session, ttlMs) => {
        await gate.pass();
        return locks.renew(session, ttlMs);
      },
    }));
    const lost = await three.locks.acquire("report", { lease: "10s" });
    await rig.advance(9_900);
    expect(lost.signal.aborted).toBe(true);
    gate.open();
    await rig.settle();
    const next = watch(two.locks.acquire("report"));
    await rig.advance(1_000);
    expect(next.state).toBe("resolved");
  });

  it("gives back what was claimed when nobody heard so: without the broker it stayed as long as the process", async () => {
    const three = await hostWith((locks) => ({
      claim: async (offer, session) => {
        await locks.claim(offer, session);
        rig.world.disconnect("three", "broker");
        throw new StoreUnavailableError("the answer is lost");
      },
    }));
    const refused = watch(three.locks.acquire("report", { lease: "3m", wait: "1s" }));
    await rig.advance(50_000);
    expect(refused.error).toBeInstanceOf(LockTimeoutError);
    rig.world.reconnect("three", "broker");
    await rig.advance(50_000);
    expect(await worker.locks.list()).toEqual([]);
  });
});

describe("who waits for a lock", () => {
  it.each([5, 10, 15])(
    "keeps the place when it is offered the lock %i ms after its ask ran out, and before the next one",
    async (ms) => {
      const held = await one.locks.acquire("report");
      const first = watch(two.locks.acquire("report", { wait: "5m" }));
      await rig.advance(1_000);
      const second = watch(one.locks.acquire("report", { wait: "5m" }));
      await rig.advance(29_000 + ms);
      await held.release();
      await rig.advance(1_500);
      expect([first.state, second.state]).toEqual(["resolved", "pending"]);
    },
  );

  it("keeps the place when the answer is lost: it went to the end of the queue", async () => {
    const held = await one.locks.acquire("report");
    const first = watch(two.locks.acquire("report", { wait: "5m" }));
    await rig.advance(1_100);
    const second = watch(one.locks.acquire("report", { wait: "5m" }));
    await rig.settle();
    rig.world.disconnect("two", "broker");
    await held.release();
    await rig.advance(100);
    rig.world.reconnect("two", "broker");
    await rig.advance(1_500);
    expect([first.state, second.state]).toEqual(["resolved", "pending"]);
  });
});

describe("who takes a lock", () => {
  it("with `wait: 0` has it if it is free: time was up before anybody could answer", async () => {
    const three = await hostWith((locks) => ({
      open: async (id, ttlMs) => {
        await new Promise<void>((resolve) => void rig.clock.after(5, resolve));
        return locks.open(id, ttlMs);
      },
    }));
    const had = watch(three.locks.acquire("report", { wait: 0 }));
    await rig.advance(10);
    expect(had.state).toBe("resolved");
    expect(await refusalOf(two.locks.acquire("report", { wait: 0 }))).toBeInstanceOf(LockTimeoutError);
  });

  it("only if it is free is not told that it is not when nobody could be asked", async () => {
    await (await two.locks.tryAcquire("report"))!.release();
    rig.world.disconnect("worker", "broker");
    const tried = watch(two.locks.tryAcquire("report"));
    await rig.advance(5_100);
    expect(tried.error).toBeInstanceOf(LockTimeoutError);
    expect(tried.error!.message).toBe('lock "report": nobody said within 5000 ms whether it is free');
  });
});

it("P10: a break that runs again after a crash leaves whoever came next alone: it took the lock from that one, too", async () => {
  const at = new Rig();
  const { locks } = at.world.connect("next");
  const request = { name: "report", request: "next/1/1", mode: "exclusive" } as const;
  let runs = 0;
  const host = await at.host(systemActors, {
    process: "host",
    workerId: "host",
    ports: (given) => ({
      ...given,
      locks: {
        ...bound(given.locks),
        break: async (name) => {
          const held = await given.locks.break(name);
          if (++runs > 1) return held;
          // Its turn is not committed, and the next one has the lock before it runs again.
          at.world.cutChannels();
          const session = await locks.open("next", 60_000);
          const made = await locks.offer(request, { session: session.id, claimMs: 2_000, waits: true, others: false });
          if ("offer" in made) await locks.claim(made.offer, session);
          return held;
        },
      },
    }),
  });
  await host.locks.acquire("report");
  const broken = watch(host.locks.break("report"));
  await at.advance(20_000);
  expect(broken.state).toBe("resolved");
  expect(await locks.inspect("report")).toMatchObject({ holders: [{ request: "next/1/1", claimed: true }] });
});
