// What went wrong with the locks of others, by their issues. Each went wrong for somebody in production.
import { type Clock, type LockLeases, LockLostError, LockTimeoutError } from "@actor-runtime/core";
import { type LocalSystem, type Lock, type Ports, systemActors } from "@actor-runtime/runtime";
import { beforeEach, describe, expect, it } from "vitest";
import { Rig, type Watched, watch } from "./support.js";

const leaseMs = 3_000;
const options = { lease: leaseMs, wait: "1h" } as const;

let rig: Rig;
let alice: LocalSystem;
let bob: LocalSystem;
let carol: LocalSystem;

beforeEach(async () => {
  rig = new Rig();
  await rig.host(systemActors, { process: "worker" });
  alice = await rig.host([], { process: "alice" });
  bob = await rig.host([], { process: "bob" });
  carol = await rig.host([], { process: "carol" });
});

/** Puts something else in the place of methods of the port. */
function override(own: (leases: LockLeases) => Partial<LockLeases>): (ports: Ports) => Ports {
  return (ports) => {
    const members = own(ports.locks);
    const get = (_: LockLeases, name: keyof LockLeases) => members[name] ?? ports.locks[name].bind(ports.locks);
    return { ...ports, locks: new Proxy(ports.locks, { get }) };
  };
}

function isHeld(lock: Lock): boolean {
  try {
    lock.check();
    return true;
  } catch {
    return false;
  }
}

/** Moves time until the promise has ended; returns how long that took, in ms. */
async function msUntilEnd(watched: Watched<unknown>, longestMs: number): Promise<number> {
  const began = rig.clock.monotonic();
  await rig.settle();
  while (watched.state === "pending" && rig.clock.monotonic() - began < longestMs) await rig.advance(10);
  return rig.clock.monotonic() - began;
}

/** Names of locks whose actors have state, or that are held. */
async function left(): Promise<string[]> {
  const names: string[] = [];
  for await (const { address } of alice.actors.list("$Lock")) names.push(address);
  for await (const { name } of rig.world.connect("observer").locks.list("")) names.push(name);
  return names;
}

describe("renewal", () => {
  it("goes on after one that failed (redisson #775, #3194: it stopped for ever)", async () => {
    const lock = await alice.locks.acquire("report", options);
    rig.world.disconnect("alice", "store");
    await rig.advance(leaseMs / 2);
    rig.world.reconnect("alice", "store");
    await rig.advance(10 * leaseMs);
    expect(isHeld(lock)).toBe(true);
    expect(await bob.locks.tryAcquire("report")).toBeUndefined();
    await lock.release();
  });

  it("that fails for good is told to the holder while it still holds (redisson #4698, curator #727: nobody was)", async () => {
    const lock = await alice.locks.acquire("report", options);
    let heldWhenTold: boolean | undefined;
    lock.signal.addEventListener("abort", () => {
      heldWhenTold = rig.clock.monotonic() < leaseMs;
    });
    rig.world.disconnect("alice", "store");
    await rig.advance(leaseMs);
    expect(lock.signal.reason).toBeInstanceOf(LockLostError);
    expect(heldWhenTold).toBe(true);
  });

  it("that gets no answer at all is no reason to go on (node-redlock #253: only one that failed was)", async () => {
    const silent = override(() => ({ renew: () => new Promise(() => {}) }));
    const dave = await rig.host([], { process: "dave", ports: silent });
    const lock = await dave.locks.acquire("report", options);
    await rig.advance(leaseMs - 1);
    expect(lock.signal.aborted).toBe(true);
    expect(() => lock.check()).toThrow(LockLostError);
  });

  it("of a lease that has ended ends nothing but the lock (node-redlock #283: it crashed the process)", async () => {
    const ended = override(() => ({ renew: async () => undefined }));
    const dave = await rig.host([], { process: "dave", ports: ended });
    const lock = await dave.locks.acquire("report", options);
    await rig.advance(leaseMs);
    expect(lock.signal.aborted).toBe(true);
    await lock.release();
    const another = await dave.locks.acquire("invoice", options);
    expect(isHeld(another)).toBe(true);
    expect(rig.escaped).toEqual([]);
  });
});

describe("a holder that is cut off", () => {
  it("has stopped before another begins, and has the lower fence (redisson #3636: two held it)", async () => {
    const lock = await alice.locks.acquire("report", options);
    const next = watch(bob.locks.acquire("report", options));
    let heldWhenPassedOn: boolean | undefined;
    void next.end().then(() => {
      heldWhenPassedOn = isHeld(lock);
    });
    rig.world.disconnect("alice");
    expect(await msUntilEnd(next, 2 * leaseMs)).toBeLessThan(leaseMs + 1_000);
    expect(heldWhenPassedOn).toBe(false);
    expect(next.value!.fence).toBeGreaterThan(lock.fence);
  });

  it("does not hold again what its old session held (curator #1121: it saw its old entry and went on)", async () => {
    const lock = await alice.locks.acquire("report", options);
    const next = watch(bob.locks.acquire("report", options));
    rig.world.disconnect("alice");
    await msUntilEnd(next, 2 * leaseMs);
    rig.world.reconnect("alice");
    await rig.advance(1_000);
    expect(isHeld(lock)).toBe(false);
    const again = watch(alice.locks.acquire("report", options));
    await rig.advance(2 * leaseMs);
    expect(again.state).toBe("pending");
    expect(isHeld(next.value!)).toBe(true);
    await next.value!.release();
    await msUntilEnd(again, 1_000);
    expect(again.value!.fence).toBeGreaterThan(next.value!.fence);
  });

  it("is out of its body at once when it has lost the lock (node-redlock #309: it took seconds to give it back)", async () => {
    const cutOff = override(() => ({ renew: () => new Promise(() => {}), release: () => new Promise(() => {}) }));
    const dave = await rig.host([], { process: "dave", ports: cutOff });
    const body = watch(
      dave.locks.withLock("report", options, (lock) => {
        return new Promise<void>((resolve) => lock.signal.addEventListener("abort", () => resolve()));
      }),
    );
    await rig.advance(leaseMs);
    expect(body.error).toBeInstanceOf(LockLostError);
  });

  it("throws what its body threw, and not that the lock is lost (node-redlock PR #369: it was masked)", async () => {
    const outOfPaper = new Error("out of paper");
    const body = watch(
      alice.locks.withLock("report", options, async (lock) => {
        await new Promise<void>((resolve) => lock.signal.addEventListener("abort", () => resolve()));
        throw outOfPaper;
      }),
    );
    await rig.settle();
    rig.world.disconnect("alice");
    await rig.advance(leaseMs);
    expect(body.error).toBe(outOfPaper);
  });
});

describe("whoever waits", () => {
  it("leaves nothing behind for the others when it gives up (redisson #1104, #2099: their time-outs drifted)", async () => {
    const lock = await alice.locks.acquire("report", options);
    for (let round = 0; round < 20; round++) {
      const began = rig.clock.monotonic();
      const impatient = [bob, carol].map((client) => watch(client.locks.acquire("report", { wait: 500 })));
      await rig.advance(499);
      expect(impatient.map(({ state }) => state)).toEqual(["pending", "pending"]);
      await rig.advance(1);
      for (const { error } of impatient) expect(error).toBeInstanceOf(LockTimeoutError);
      expect(rig.clock.monotonic() - began).toBe(500);
    }
    const next = watch(bob.locks.acquire("report", options));
    await rig.settle();
    await lock.release();
    expect(await msUntilEnd(next, 10_000)).toBeLessThan(100);
    expect(isHeld(next.value!)).toBe(true);
  });

  it("still waits after any time, and is next (redisson #3004: whoever waited for 5 minutes was dropped)", async () => {
    const lock = await alice.locks.acquire("report", options);
    const next = watch(bob.locks.acquire("report", options));
    await rig.advance(5.5 * 60_000);
    const later = watch(carol.locks.acquire("report", options));
    await rig.settle();
    await lock.release();
    expect(await msUntilEnd(next, 10_000)).toBeLessThan(100);
    expect(isHeld(next.value!)).toBe(true);
    expect(later.state).toBe("pending");
  });

  it("is served after a holder that stayed for longer than a lease (redisson #5503: a negative rest blocked it)", async () => {
    const lock = await alice.locks.acquire("report", options);
    await rig.advance(1.5 * leaseMs);
    const next = watch(bob.locks.acquire("report", options));
    await rig.advance(leaseMs);
    expect(next.state).toBe("pending");
    await lock.release();
    expect(await msUntilEnd(next, 10_000)).toBeLessThan(100);
  });

  it("does not get the lock when its lease ended in the queue (etcd 3.4.3 by Jepsen: it was not looked at again)", async () => {
    const lock = await alice.locks.acquire("report", options);
    const gone = watch(bob.locks.acquire("report", options));
    await rig.settle();
    const next = watch(carol.locks.acquire("report", options));
    await rig.settle();
    rig.world.disconnect("bob", "store");
    await rig.advance(2 * leaseMs);
    await lock.release();
    expect(await msUntilEnd(next, 10_000)).toBeLessThan(1_000);
    rig.world.reconnect("bob", "store");
    await rig.advance(leaseMs);
    expect(gone.state).toBe("pending");
    expect(isHeld(next.value!)).toBe(true);
  });
});

describe("several names", () => {
  it("are had by all who take them, in whatever order they name them (redisson #467, #1160: they waited for ever)", async () => {
    const orders = [
      ["invoice", "report"],
      ["report", "invoice"],
      ["tax", "report", "invoice"],
      ["report", "tax"],
      ["invoice", "tax"],
    ];
    let held = 0;
    const all = [alice, bob, carol].flatMap((client) =>
      orders.map((names) =>
        watch(
          (async () => {
            for (let round = 0; round < 5; round++) await client.locks.withLock(names, options, () => void held++);
          })(),
        ),
      ),
    );
    for (const one of all) await msUntilEnd(one, 60_000);
    expect(all.map(({ state }) => state)).toEqual(all.map(() => "resolved"));
    expect(held).toBe(75);
  });
});

describe("a store that went back in time", () => {
  it("leaves the lock to everybody (redisson #4822: after a failover only the old holder could have it)", async () => {
    const before = rig.world.store.snapshot();
    const lock = await alice.locks.acquire("report", options);
    rig.world.store.restore(before);
    await rig.advance(2 * leaseMs);
    await lock.release();
    let fence = lock.fence;
    for (const client of [bob, alice, carol]) {
      const next = watch(client.locks.acquire("report", options));
      await msUntilEnd(next, 10_000);
      expect(next.value!.fence).toBeGreaterThan(fence);
      fence = next.value!.fence;
      await next.value!.release();
    }
  });
});

describe("what stays behind", () => {
  it("of a lock that nobody holds is nothing (redisson #6510: 25 million keys of tokens)", async () => {
    for (let n = 0; n < 200; n++) await alice.locks.withLock(`report-${n}`, () => {});
    const contended = ["a", "b", "c"].flatMap((name) =>
      [alice, bob, carol].map((client) => watch(client.locks.withLock(name, () => {}))),
    );
    for (const one of contended) await msUntilEnd(one, 10_000);
    expect(contended.map(({ state }) => state)).toEqual(contended.map(() => "resolved"));
    await rig.advance(60_000);
    expect(await left()).toEqual([]);
  });

  it("of an acquisition is no timer (node-redlock PR #369: those of the waiting went on)", async () => {
    const { clock, pending } = countingClock(rig.clock);
    const dave = await rig.host([], { process: "dave", ports: (ports) => ({ ...ports, clock }) });
    await dave.locks.withLock("report", options, () => {});
    await rig.settle();
    const after = pending();
    for (let n = 0; n < 50; n++) await dave.locks.withLock("report", options, () => {});
    await rig.settle();
    expect(pending()).toBeLessThanOrEqual(after);
  });
});

describe("a slow answer", () => {
  it("does not make a holder of whoever's lease ended meanwhile (node-redlock PR #369: nobody looked)", async () => {
    let slow = true;
    const lateClaims = override((leases) => ({
      claim: async (...args) => {
        const claimed = await leases.claim(...args);
        if (slow) await new Promise<void>((resolve) => rig.clock.after(leaseMs + 500, resolve));
        slow = false;
        return claimed;
      },
      renew: (...args) => (slow ? new Promise(() => {}) : leases.renew(...args)),
    }));
    const dave = await rig.host([], { process: "dave", ports: lateClaims });
    let heldAtOnce: boolean | undefined;
    const lock = watch(
      dave.locks.acquire("report", options).then((had) => {
        heldAtOnce = isHeld(had);
        return had;
      }),
    );
    await msUntilEnd(lock, 60_000);
    expect(heldAtOnce).toBe(true);
  });
});

describe("a blocked event loop", () => {
  it("knows when it turns again that it has lost the lock (BullMQ #3183, #3056: two ran the same thing)", async () => {
    const loop = new BlockableLoop(rig.clock);
    const dave = await rig.host([], { process: "dave", ports: loop.ports });
    const lock = await dave.locks.acquire("report", options);
    const told: unknown[] = [];
    lock.signal.addEventListener("abort", () => told.push(lock.signal.reason));
    const next = watch(bob.locks.acquire("report", options));
    await rig.settle();
    loop.block();
    expect(await msUntilEnd(next, 2 * leaseMs)).toBeLessThan(leaseMs + 1_000);
    // The loop stood still, so nobody could be told; but whoever looks sees it, and so does what runs first.
    expect(told).toEqual([]);
    expect(lock.signal.aborted).toBe(true);
    expect(() => lock.check()).toThrow(LockLostError);
    expect(() => lock.run(() => {})).toThrow(LockLostError);
    expect(told).toEqual([expect.any(LockLostError)]);
    expect(next.value!.fence).toBeGreaterThan(lock.fence);
  });
});

/** The clock, and how many of its timers wait. */
function countingClock(inner: Clock): { readonly clock: Clock; readonly pending: () => number } {
  const waiting = new Set<object>();
  const clock: Clock = {
    now: () => inner.now(),
    monotonic: () => inner.monotonic(),
    after: (ms, task) => {
      const timer = {};
      waiting.add(timer);
      const cancel = inner.after(ms, () => {
        waiting.delete(timer);
        task();
      });
      return () => {
        waiting.delete(timer);
        cancel();
      };
    },
  };
  return { clock, pending: () => waiting.size };
}

/** The event loop of a process: while it is blocked, its time goes by, and neither timer nor answer comes. */
class BlockableLoop {
  readonly #clock: Clock;
  #blocked = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  block(): void {
    this.#blocked = true;
  }

  readonly ports = (ports: Ports): Ports => {
    const whenFree = (task: () => void) => () => {
      if (!this.#blocked) task();
    };
    const clock: Clock = {
      now: () => this.#clock.now(),
      monotonic: () => this.#clock.monotonic(),
      after: (ms, task) => this.#clock.after(ms, whenFree(task)),
    };
    return { ...ports, clock };
  };
}
