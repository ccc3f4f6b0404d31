import { StoreUnavailableError } from "@actor-runtime/core";
import { Actor, ActorContext, Handler, inject, type LocalSystem, Query, State } from "@actor-runtime/runtime";
import { beforeEach, describe, expect, it } from "vitest";
import { Gate, Rig, type Watched, watch } from "./support.js";

let rig: Rig;
let gate: Gate;

@Actor("Counter", { partitions: 16 })
class Counter {
  private readonly self = inject(ActorContext);
  @State() private readonly seen: number[] = [];

  @Handler() add(n: number): number {
    this.seen.push(n);
    return this.seen.length;
  }
  @Handler() async addSlowly(n: number): Promise<number> {
    await gate.pass();
    this.self.signal.throwIfAborted();
    return this.add(n);
  }
  @Query() list(): number[] {
    return this.seen;
  }
}

@Actor("Invoice", { partitions: 8 })
class Invoice {
  @State() private count = 0;

  @Handler() pay(): number {
    return ++this.count;
  }
}

@Actor("Counter", { partitions: 4 })
class FewerCounters {
  @Handler() add(n: number): number {
    return n;
  }
}

const partitions = Array.from({ length: 16 }, (_, index) => `Counter:g1:${String(index).padStart(2, "0")}`);

function start(workerId: string, actors: Parameters<Rig["host"]>[0] = [Counter]): Promise<LocalSystem> {
  return rig.host(actors, { process: workerId, workerId });
}

/** How many partitions each worker holds. */
async function shares(names: readonly string[] = partitions): Promise<Record<string, number>> {
  const count: Record<string, number> = {};
  for (const name of names) {
    const holder = (await rig.holderOf(name)) ?? "nobody";
    count[holder] = (count[holder] ?? 0) + 1;
  }
  return count;
}

/** Somebody who asks every actor, every 20 ms each. */
function load(client: LocalSystem, forMs: number): { results: Watched<number>[]; sent: Map<string, number[]> } {
  const results: Watched<number>[] = [];
  const sent = new Map<string, number[]>();
  let n = 0;
  const send = (until: number) => {
    if (rig.clock.monotonic() >= until) return;
    for (let key = 0; key < 16; key++) {
      n++;
      sent.set(`k${key}`, [...(sent.get(`k${key}`) ?? []), n]);
      results.push(watch(client.ref<Counter>("Counter", `k${key}`).add(n)));
    }
    rig.clock.after(20, () => send(until));
  };
  send(rig.clock.monotonic() + forMs);
  return { results, sent };
}

/** Turns of so many actors that wait for the gate. */
function slowTurns(client: LocalSystem, actors: number): Watched<number>[] {
  return Array.from({ length: actors }, (_, key) =>
    watch(client.ref<Counter>("Counter", `k${key}`).with({ timeout: "1m" }).addSlowly(key)),
  );
}

async function expectAll(client: LocalSystem, { results, sent }: ReturnType<typeof load>): Promise<void> {
  expect(results.filter(({ state }) => state !== "resolved").map(({ state, error }) => `${state} ${error}`)).toEqual(
    [],
  );
  for (const [key, numbers] of sent) {
    const list = watch(client.ref<Counter>("Counter", key).list());
    await rig.advance(100);
    expect(list.value).toEqual(numbers);
  }
}

beforeEach(() => {
  rig = new Rig();
  gate = new Gate();
});

describe("workers share the partitions", () => {
  it("equally, once those who joined have been there for 2 s", async () => {
    await start("w1");
    expect(await shares()).toEqual({ w1: 16 });
    await start("w2");
    await start("w3");
    await start("w4");
    await rig.advance(1_500);
    expect(await shares()).toEqual({ w1: 16 });
    await rig.advance(2_000);
    expect(await shares()).toEqual({ w1: 4, w2: 4, w3: 4, w4: 4 });
  });

  it("P1, P3: a join under load loses, doubles and reorders nothing, and fails no call", async () => {
    await start("w1");
    const client = await rig.host([], { process: "client" });
    const load1 = load(client, 4_000);
    await rig.advance(500);
    await start("w2");
    await rig.advance(4_000);
    expect(await shares()).toEqual({ w1: 8, w2: 8 });
    await expectAll(client, load1);
  });

  it("P1, P3: a drain under load loses, doubles and reorders nothing, and fails no call", async () => {
    const w1 = await start("w1");
    await start("w2");
    await start("w3");
    await rig.advance(3_000);
    const client = await rig.host([], { process: "client" });
    const load1 = load(client, 4_000);
    await rig.advance(500);
    const closed = watch(w1.close());
    await rig.advance(2_000);
    expect(closed.state).toBe("resolved");
    expect((await shares())["w1"]).toBeUndefined();
    await rig.advance(2_000);
    await expectAll(client, load1);
  });

  it("P1, P3: those of a worker that dies pass to the others when its leases end", async () => {
    await start("w1");
    await start("w2");
    await start("w3");
    await rig.advance(3_000);
    const client = await rig.host([], { process: "client" });
    const load1 = load(client, 4_000);
    await rig.advance(500);
    rig.world.disconnect("w1");
    await rig.advance(10_100);
    expect((await shares())["w1"]).toBeUndefined();
    await rig.advance(2_000);
    await expectAll(client, load1);
  });

  it("a type is served only where it is hosted", async () => {
    await start("w1", [Counter, Invoice]);
    await start("w2", [Counter]);
    await rig.advance(5_000);
    expect(await shares()).toEqual({ w1: 8, w2: 8 });
    const invoices = Array.from({ length: 8 }, (_, index) => `Invoice:g1:0${index}`);
    expect(await shares(invoices)).toEqual({ w1: 8 });
  });

  it("a type that nobody hosts keeps its messages until somebody does", async () => {
    const w1 = await start("w1", [Counter, Invoice]);
    await start("w2", [Counter]);
    await rig.advance(3_000);
    const client = await rig.host([], { process: "client" });
    await w1.close();
    const told = watch(client.ref<Invoice>("Invoice", "i").tell.pay());
    await rig.advance(30_000);
    expect(told.state).toBe("resolved");
    await start("w3", [Invoice]);
    expect(await client.ref<Invoice>("Invoice", "i").pay()).toBe(2);
  });
});

describe("a worker that leaves", () => {
  it("fails no call that it made itself", async () => {
    const w1 = await start("w1");
    await start("w2");
    await rig.advance(3_000);
    const asked = Array.from({ length: 32 }, (_, key) => watch(w1.ref(Counter, `k${key}`).addSlowly(key)));
    await rig.settle();
    const closed = watch(w1.close());
    await rig.advance(1_000);
    gate.open();
    await rig.advance(10_000);
    expect(closed.state).toBe("resolved");
    expect(asked.map(({ state }) => state)).toEqual(asked.map(() => "resolved"));
  });

  it("fails no call of its own to a type that only others host, and waits for none that nobody hosts now", async () => {
    await start("w1");
    const w2 = await start("w2", [Invoice]);
    await rig.advance(3_000);
    const asked = watch(w2.ref(Counter, "k").addSlowly(1));
    await rig.settle();
    const closed = watch(w2.close());
    await rig.advance(1_000);
    const late = watch(w2.ref(Invoice, "i").pay());
    await rig.settle();
    expect([asked.state, closed.state]).toEqual(["pending", "pending"]);
    gate.open();
    await rig.advance(100);
    expect([asked.state, late.state, closed.state]).toEqual(["resolved", "rejected", "resolved"]);
  });

  it("does not wait for a turn longer than the grace, if somebody waits for the partition", async () => {
    const w1 = await start("w1");
    await start("w2");
    await rig.advance(3_000);
    const client = await rig.host([], { process: "client" });
    const slow = slowTurns(client, 16);
    await rig.settle();
    const closed = watch(w1.close());
    await rig.advance(7_500);
    expect(closed.state).toBe("resolved");
    gate.open();
    await rig.advance(1_000);
    expect(slow.map(({ state }) => state)).toEqual(slow.map(() => "resolved"));
  });

  it("without any time does not wait for the handoffs that were under way", async () => {
    const w1 = await start("w1");
    const client = await rig.host([], { process: "client" });
    const slow = slowTurns(client, 64);
    await rig.settle();
    await start("w2");
    await rig.advance(2_200);
    const closed = watch(w1.close({ drainTimeout: 0 }));
    await rig.advance(500);
    expect(closed.state).toBe("resolved");
    gate.open();
    await rig.advance(1_000);
    expect(slow.map(({ state }) => state)).toEqual(slow.map(() => "resolved"));
  });

  it("and comes back under its id is the one of its id, and the earlier process serves no more", async () => {
    const first = await start("w1");
    const client = await rig.host([], { process: "client" });
    await client.ref<Counter>("Counter", "k").add(1);
    const second = await rig.host([Counter], { process: "second", workerId: "w1" });
    await rig.advance(5_000);
    expect(first.describe().checks["membership"]).toContain("another process");
    expect(second.describe().checks).toEqual({
      state: "ok",
      brake: "ok",
      broker: "ok",
      membership: "ok",
      partitions: "ok",
      store: "ok",
    });
    const asked = watch(client.ref<Counter>("Counter", "k").add(2));
    await rig.advance(100);
    expect(asked.value).toBe(2);
    await rig.advance(60_000);
    expect(rig.logged("warn").filter((line) => line.startsWith("lost "))).toEqual([]);
    // The earlier one stands by.
    await second.close();
    await rig.advance(15_000);
    expect(first.describe().checks).toMatchObject({ membership: "ok", partitions: "ok" });
    const again = watch(client.ref<Counter>("Counter", "k").add(3));
    await rig.advance(100);
    expect(again.value).toBe(3);
  });
});

describe("a worker that is refused for one of its mailboxes", () => {
  it("leaves no other type behind for which everybody would be told that nobody hosts it", async () => {
    const w1 = await start("w1");
    await expect(start("w2", [Invoice, FewerCounters])).rejects.toThrow(
      /"Counter" has 16 partitions.*set partitions: 16/,
    );
    const { mailboxes } = await w1.cluster.describe();
    expect(mailboxes.flatMap(({ types }) => types)).toEqual(["Counter"]);
  });
});

describe("half connected", () => {
  it("a worker that sees the store but not the broker leaves its partitions to others, and takes its share when it is back", async () => {
    await start("w1");
    await start("w2");
    await rig.advance(3_000);
    expect(await shares()).toEqual({ w1: 8, w2: 8 });
    rig.world.disconnect("w1", "broker");
    await rig.advance(15_000);
    expect(await shares()).toEqual({ w2: 16 });
    rig.world.reconnect("w1", "broker");
    await rig.advance(6_000);
    expect(await shares()).toEqual({ w1: 8, w2: 8 });
  });

  it("a worker that sees the broker but not the store closes its channels before its leases end", async () => {
    const w1 = await start("w1");
    await start("w2");
    await rig.advance(3_000);
    const client = await rig.host([], { process: "client" });
    rig.world.disconnect("w1", "store");
    await rig.advance(10_200);
    const asked = Array.from({ length: 16 }, (_, key) => watch(client.ref<Counter>("Counter", `k${key}`).add(key)));
    await rig.advance(100);
    expect(asked.map(({ value }) => value)).toEqual(asked.map(() => 1));
    rig.world.reconnect("w1", "store");
    await rig.advance(9_000);
    expect(await shares()).toEqual({ w1: 8, w2: 8 });
    expect(w1.describe().checks.partitions).toBe("ok");
  });

  it("a worker that does not reach the store is not ready, and says since when, until the store answers again", async () => {
    const w1 = await start("w1");
    expect(w1.describe().checks["store"]).toBe("ok");
    rig.world.disconnect("w1", "store");
    await rig.advance(20_000);
    expect(w1.describe().checks["store"]).toMatch(/^the store has not answered for 1\d s$/);
    rig.world.reconnect("w1", "store");
    await rig.advance(9_000);
    expect(w1.describe().checks["store"]).toBe("ok");
  });

  it("without any broker everybody keeps its partitions, and serves them when it is back", async () => {
    await start("w1");
    await start("w2");
    await rig.advance(3_000);
    for (const worker of ["w1", "w2"]) rig.world.disconnect(worker, "broker");
    await rig.advance(60_000);
    for (const worker of ["w1", "w2"]) rig.world.reconnect(worker, "broker");
    await rig.advance(8_000);
    expect(await shares()).toEqual({ w1: 8, w2: 8 });
  });
});

describe("a broker that fails", () => {
  it("does not make a worker that stops right then keep its leases until they end", async () => {
    const w1 = await start("w1");
    await start("w2");
    await rig.advance(3_000);
    rig.world.disconnect("w1", "broker");
    const closed = watch(w1.close());
    await rig.advance(1_000);
    expect(closed.state).toBe("resolved");
    expect(await shares()).toEqual({ w2: 16 });
  });

  it("does not make partitions wait out their backoff once it is back for one of them", async () => {
    await start("w1");
    await rig.advance(3_000);
    rig.world.disconnect("w1", "broker");
    await rig.advance(60_000);
    rig.world.reconnect("w1", "broker");
    for (let waited = 0; (await shares()).w1 === undefined && waited < 5_000; waited += 10) await rig.advance(10);
    await rig.advance(10);
    expect(await shares()).toEqual({ w1: 16 });
  });

  it("is reported in a few lines, however long it lasts and however many partitions wait", async () => {
    await start("w1");
    await rig.advance(3_000);
    rig.world.disconnect("w1", "broker");
    await rig.advance(600_000);
    expect(rig.lines.filter(({ level }) => level === "warn" || level === "error").length).toBeLessThan(5);
    rig.world.reconnect("w1", "broker");
    await rig.advance(10_000);
    expect(rig.logged("info").at(-1)).toBe("took 16 partitions");
  });
});

describe("a store that fails", () => {
  it("is reported in a few lines, however long it lasts and however many partitions wait", async () => {
    await start("w1");
    await rig.advance(3_000);
    rig.world.disconnect("w1", "store");
    await rig.advance(600_000);
    expect(rig.lines.filter(({ level }) => level === "warn" || level === "error").length).toBeLessThan(6);
    rig.world.reconnect("w1", "store");
    await rig.advance(5_000);
    expect(rig.logged("info").slice(-2)).toEqual(["the store answers again", "took 16 partitions"]);
  });
});

describe("the log of a worker", () => {
  it("says in one line each what was handed over to whom and what was taken of whom", async () => {
    const w1 = await start("w1");
    await start("w2");
    await start("w3");
    await rig.advance(5_000);
    rig.lines.length = 0;
    void w1.close();
    await rig.advance(3_000);
    const lines = rig.logged("info").toSorted();
    expect(lines).toEqual([
      expect.stringMatching(/^handed over 6 partitions to w2, w3 in \d+ ms$/),
      "took over 3 partitions of w1",
      "took over 3 partitions of w1",
    ]);
    expect(rig.logged("warn")).toEqual([]);
  });
});

describe("a queue that cannot be consumed", () => {
  /** A worker for which it is so while the test says so. */
  function without(workerId: string, broken: (partition: string) => boolean): Promise<LocalSystem> {
    return rig.host([Counter], {
      process: workerId,
      workerId,
      ports: ({ broker, ...ports }) => ({
        ...ports,
        broker: {
          ...broker,
          consume: (mailbox, partition, ...rest) =>
            broken(partition)
              ? Promise.reject(new StoreUnavailableError("it has no leader"))
              : broker.consume(mailbox, partition, ...rest),
        },
      }),
    });
  }

  it("is no reason to leave all the others, and is served as soon as it can be", async () => {
    let broken: string | undefined;
    const w1 = await without("w1", (partition) => partition === broken);
    await without("w2", (partition) => partition === broken);
    await rig.advance(5_000);
    broken = partitions[3];
    for (const worker of ["w1", "w2"]) {
      rig.world.disconnect(worker, "broker");
      rig.world.reconnect(worker, "broker");
    }
    const { view } = await w1.cluster.describe();
    await rig.advance(60_000);
    expect((await w1.cluster.describe()).view).toEqual(view);
    expect(rig.logged("error")).toEqual([]);
    broken = undefined;
    await rig.advance(6_000);
    expect(await shares()).toEqual({ w1: 8, w2: 8 });
  });

  it("keeps no worker from stopping when it does not even answer, and others serve it", async () => {
    let answer: () => void = () => {};
    let silent = true;
    const answered = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const opened: string[] = [];
    await start("w1");
    const w2 = await rig.host([Counter], {
      process: "w2",
      workerId: "w2",
      ports: ({ broker, ...ports }) => ({
        ...ports,
        broker: {
          ...broker,
          consume: async (mailbox, partition, ...rest) => {
            if (silent) await answered;
            opened.push(partition);
            return broker.consume(mailbox, partition, ...rest);
          },
        },
      }),
    });
    await rig.advance(3_000);
    expect(await shares()).toEqual({ w1: 8, w2: 8 });
    const closed = watch(w2.close({ drainTimeout: "1s" }));
    await rig.advance(25_000);
    expect(closed.state).toBe("resolved");
    expect(await shares()).toEqual({ w1: 16 });
    silent = false;
    answer();
    const client = await rig.host([], { process: "client" });
    const asked = Array.from({ length: 16 }, (_, key) => watch(client.ref<Counter>("Counter", `k${key}`).add(key)));
    await rig.advance(1_000);
    expect(opened).not.toEqual([]);
    expect(asked.map(({ value }) => value)).toEqual(asked.map(() => 1));
  });

  it("is not held against a broker that answers, should its partition move before it is tried again", async () => {
    let broken = false;
    await start("w1");
    const w2 = await without("w2", () => broken);
    broken = true;
    await rig.advance(2_100);
    expect(w2.describe().checks.broker).not.toBe("ok");
    await rig.host([Counter, Invoice], { process: "w3", workerId: "w3", weight: 100 });
    await rig.host([Counter, Invoice], { process: "w4", workerId: "w4", weight: 100 });
    await rig.advance(6_000);
    expect(w2.describe().checks.broker).toBe("ok");
  });
});

describe("a queue that delivers nothing any more", () => {
  it("is found although nobody sends, and consumed anew", async () => {
    let deaf = false;
    const w1 = await rig.host([Counter], {
      process: "w1",
      ports: ({ broker, ...ports }) => ({
        ...ports,
        broker: {
          ...broker,
          consume: (mailbox, partition, prefetch, consumer) =>
            broker.consume(mailbox, partition, prefetch, {
              deliver: (delivery) => void (deaf || consumer.deliver(delivery)),
              lost: (reason) => consumer.lost(reason),
            }),
        },
      }),
    });
    await rig.advance(120_000);
    expect(rig.logged("warn")).toEqual([]);
    deaf = true;
    await rig.advance(42_000);
    const deafness = rig.lines.filter(({ fields }) => String(fields["reason"]).includes("delivers nothing any more"));
    expect(deafness.map(({ line }) => line)).toEqual([expect.stringContaining("lost 16 partitions")]);
    deaf = false;
    expect(await w1.ref(Counter, "k").add(1)).toBe(1);
    await rig.advance(100_000);
    expect(rig.logged("warn")).toHaveLength(1);
  });
});
