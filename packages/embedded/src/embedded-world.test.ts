import {
  type CommitRecord,
  type Delivery,
  type Frame,
  type Lease,
  type Mailbox,
  type PoolDelivery,
  StoreUnavailableError,
} from "@actor-runtime/core";
import { beforeEach, describe, expect, it } from "vitest";
import { type Connection, EmbeddedWorld } from "./embedded-world.js";
import { ManualClock } from "./manual-clock.js";
import { SeededRandom } from "./seeded-random.js";

const mailbox: Mailbox = { name: "Account", generation: 1, partitions: 2 };
const partition = "Account:g1:00";
const ttlMs = 10_000;

function frame(text: string): Frame {
  return { headers: { v: 1, segments: [] }, body: new TextEncoder().encode(text) };
}

function record({ fence, nonce }: Lease, seq: number, state: string): CommitRecord {
  return {
    fence,
    nonce,
    seq,
    states: [{ address: "Account/alice", state }],
    rows: [],
    answers: [],
    settled: [],
    erased: [],
    stored: [],
    reminders: [],
    out: [],
    outTrim: [],
    marks: [],
    holds: [],
    due: [],
    answerRetentionMs: 120_000,
  };
}

describe("EmbeddedWorld", () => {
  let clock: ManualClock;
  let world: EmbeddedWorld;
  let a: Connection;
  let b: Connection;

  beforeEach(() => {
    clock = new ManualClock();
    world = new EmbeddedWorld({ clock, random: new SeededRandom(1) });
    a = world.connect("a");
    b = world.connect("b");
  });

  async function consume(by: Connection, of = partition): Promise<{ texts: string[]; losses: Error[] }> {
    const texts: string[] = [];
    const losses: Error[] = [];
    const deliver = (delivery: Delivery): void => void texts.push(new TextDecoder().decode(delivery.frame.body));
    await by.broker.consume(mailbox, of, 10, { deliver, lost: (reason) => losses.push(reason) });
    return { texts, losses };
  }

  async function own(by: Connection, holder: string): Promise<Lease> {
    const acquired = await by.leases.acquire(partition, holder, ttlMs);
    if (!("lease" in acquired)) throw new Error(`held by ${acquired.heldBy}`);
    return acquired.lease;
  }

  async function stateOfAlice(): Promise<string | undefined> {
    return (await b.store.readStates(partition, ["Account/alice"]))[0];
  }

  describe("the network", () => {
    it("carries every message in a hop of its own, in the order the schedule decides", async () => {
      const hops: (() => void)[] = [];
      world = new EmbeddedWorld({ clock, random: new SeededRandom(1), schedule: (task) => hops.push(task) });
      const { store } = world.connect("a");
      const answered: string[] = [];
      void store.namespace().then(() => answered.push("first"));
      void store.namespace().then(() => answered.push("second"));
      await clock.advance(0);
      expect([answered, hops.length]).toEqual([[], 2]);
      hops[1]!();
      hops[0]!();
      await clock.advance(0);
      expect(answered).toEqual(["second", "first"]);
    });

    it("cuts the channels of one partition and leaves the others", async () => {
      const cut = await consume(a);
      const kept = await consume(a, "Account:g1:01");
      await b.broker.publish(partition, frame("m"));
      await clock.advance(0);
      world.cutChannels(partition);
      await clock.advance(0);
      expect([cut.losses.length, kept.losses.length]).toEqual([1, 0]);
      const next = await consume(b);
      await clock.advance(0);
      expect(next.texts).toEqual(["m"]);
    });

    it("refuses, cuts off and loses confirms of pools as of partitions", async () => {
      const texts: string[] = [];
      const losses: Error[] = [];
      const deliver = (delivery: PoolDelivery): void => void texts.push(new TextDecoder().decode(delivery.frame.body));
      const consumer = { deliver, lost: (reason: Error) => losses.push(reason) };
      await a.pools.consume("pool:Resize", { prefetch: 10 }, consumer);
      world.refuse("pool:Resize", true);
      expect(await b.pools.send("pool:Resize", frame("refused"))).toBe("refused");
      world.refuse("pool:Resize", false);
      world.loseConfirms(1);
      expect(await b.pools.send("pool:Resize", frame("m"))).toBe("lost");
      await clock.advance(0);
      expect(world.backlog()).toEqual(["pool:Resize"]);
      world.disconnect("a", "broker");
      await clock.advance(0);
      expect([texts, losses.length]).toEqual([["m"], 1]);
      expect(await a.pools.send("pool:Resize", frame("cut off"))).toBe("lost");
      await b.pools.consume("pool:Resize", { prefetch: 10 }, consumer);
      await clock.advance(0);
      expect(texts).toEqual(["m", "m"]);
    });

    it("does not report the loss of a channel that its consumer has closed meanwhile", async () => {
      const losses: Error[] = [];
      const channel = await a.broker.consume(mailbox, partition, 10, {
        deliver: () => {},
        lost: (reason) => losses.push(reason),
      });
      world.cutChannels();
      await channel.close();
      await clock.advance(0);
      expect(losses).toEqual([]);
    });

    it("loses as many confirms as it is told, but not the frames", async () => {
      const { texts } = await consume(a);
      world.loseConfirms(1);
      expect(await b.broker.publish(partition, frame("one"))).toBe("lost");
      expect(await b.broker.publish(partition, frame("two"))).toBe("confirmed");
      await clock.advance(0);
      expect(texts).toEqual(["one", "two"]);
    });

    it("refuses a destination for as long as it is told, dead letters too", async () => {
      const { texts } = await consume(a);
      for (const destination of [partition, "dead:Account"] as const) {
        world.refuse(destination, true);
        expect(await b.broker.publish(destination, frame("[]"))).toBe("refused");
        world.refuse(destination, false);
        expect(await b.broker.publish(destination, frame("[]"))).toBe("confirmed");
      }
      await clock.advance(0);
      expect(texts).toEqual(["[]"]);
    });

    it("P12: bounds the dead letters of a type", async () => {
      world = new EmbeddedWorld({ clock, random: new SeededRandom(1), maxMailboxBytes: 10 });
      const { broker } = world.connect("a");
      expect(await broker.publish("dead:Account", frame("[1,2]"))).toBe("confirmed");
      expect(await broker.publish("dead:Account", frame("[3,4,5]"))).toBe("refused");
      expect(await broker.publish("dead:Invoice", frame("[3,4,5]"))).toBe("confirmed");
    });

    it("loses answers that are under way when a reply queue is made anew, and says so", async () => {
      const heard: string[] = [];
      const { address } = await a.broker.openReplies({
        receive: (body) => heard.push(new TextDecoder().decode(body)),
        reopened: () => heard.push("reopened"),
      });
      b.broker.reply(address, frame("lost").body);
      world.reopenReplies("a");
      b.broker.reply(address, frame("kept").body);
      await clock.advance(0);
      expect(heard).toEqual(["reopened", "kept"]);
    });
  });

  describe("a process that is cut off", () => {
    it("changes nothing any more, and its frames pass to the next in line", async () => {
      const lease = await own(a, "a");
      const first = await consume(a);
      const second = await consume(b);
      await b.broker.publish(partition, frame("m"));
      await clock.advance(0);

      world.disconnect("a");
      await clock.advance(0);
      expect(first.losses).toHaveLength(1);
      expect(second.texts).toEqual(["m"]);
      expect(await a.broker.publish(partition, frame("from the dead"))).toBe("lost");
      await expect(a.store.commit(partition, record(lease, 1, "1"))).rejects.toThrow(StoreUnavailableError);
      await expect(a.leases.renew([{ lease }], ttlMs)).rejects.toThrow(StoreUnavailableError);
      await expect(consume(a)).rejects.toThrow(StoreUnavailableError);
      expect(await stateOfAlice()).toBeUndefined();
      expect(second.texts).toEqual(["m"]);
    });

    it("keeps its lease until the time is up, and can go on if it is back before", async () => {
      const lease = await own(a, "a");
      world.disconnect("a");
      await expect(own(b, "b")).rejects.toThrow("held by a");
      world.reconnect("a");
      expect(await a.store.commit(partition, record(lease, 1, "1"))).toBe("committed");
      await clock.advance(ttlMs);
      expect((await own(b, "b")).fence).toBeGreaterThan(lease.fence);
      expect(await a.store.commit(partition, record(lease, 2, "2"))).toBe("fenced");
    });

    it("can lose the broker alone, or the store alone", async () => {
      await consume(b);
      world.disconnect("a", "store");
      expect(await a.broker.publish(partition, frame("m"))).toBe("confirmed");
      await expect(a.store.namespace()).rejects.toThrow(StoreUnavailableError);
      world.reconnect("a", "store");
      world.disconnect("a", "broker");
      expect(await a.broker.publish(partition, frame("m"))).toBe("lost");
      await expect(a.store.namespace()).resolves.toHaveProperty("storeId");
    });

    it("gets answers again once it is back, and is told that some may be missing", async () => {
      const heard: string[] = [];
      const { address } = await a.broker.openReplies({
        receive: (body) => heard.push(new TextDecoder().decode(body)),
        reopened: () => heard.push("reopened"),
      });
      world.disconnect("a");
      b.broker.reply(address, frame("lost").body);
      await clock.advance(0);
      world.reconnect("a");
      b.broker.reply(address, frame("kept").body);
      await clock.advance(0);
      expect(heard).toEqual(["reopened", "kept"]);
    });

    it("rings no alarm of others when its connection broke before it knew that it listens", async () => {
      const answers: (() => void)[] = [];
      const path = { there: (task: () => void) => task(), back: (task: () => void) => void answers.push(task) };
      const c = world.connect("c", { paths: { broker: path, store: path } });
      const listens = c.alarms.listen(async () => undefined).catch((error: unknown) => error);
      world.disconnect("c");
      for (const answer of answers) answer();
      expect(await listens).toBeInstanceOf(StoreUnavailableError);
      const rung: string[] = [];
      await b.alarms.listen(async ({ id }) => void rung.push(id));
      for (const id of ["one", "two"]) await b.alarms.set([{ id, partition, dueAt: clock.now(), hint: "tick" }]);
      await clock.advance(0);
      expect(rung).toEqual(["one", "two"]);
    });

    it("leaves the alarm it was handing on to somebody else", async () => {
      const rung: string[] = [];
      await a.alarms.listen(() => new Promise(() => rung.push("a")));
      await b.alarms.set([{ id: "alarm", partition, dueAt: clock.now(), hint: "tick" }]);
      await clock.advance(0);
      await b.alarms.listen(async () => void rung.push("b"));
      world.disconnect("a");
      await clock.advance(1_000);
      expect(rung).toEqual(["a", "b"]);
    });
  });

  describe("alarms", () => {
    it("ring again after a second, then two, up to a minute, until the hint is handed on", async () => {
      const start = clock.now();
      const seconds: number[] = [];
      await a.alarms.listen(async () => {
        seconds.push((clock.now() - start) / 1_000);
        if (seconds.length < 9) throw new Error("the broker is away");
      });
      await a.alarms.set([{ id: "alarm", partition, dueAt: start, hint: "tick" }]);
      await clock.advance(3_600_000);
      expect(seconds).toEqual([0, 1, 3, 7, 15, 31, 63, 123, 183]);
    });

    it("do not ring early when the wall clock is set back, and notice within the hour when it is set forward", async () => {
      const rung: number[] = [];
      await a.alarms.listen(async () => void rung.push(clock.now()));
      const dueAt = clock.now() + 60_000;
      await a.alarms.set([{ id: "back", partition, dueAt, hint: "tick" }]);
      clock.jumpWall(-600_000);
      await clock.advance(659_999);
      expect(rung).toEqual([]);
      await clock.advance(1);
      expect(rung).toEqual([dueAt]);

      const day = 24 * 3_600_000;
      await a.alarms.set([{ id: "forward", partition, dueAt: clock.now() + day, hint: "tick" }]);
      clock.jumpWall(day);
      await clock.advance(3_600_000);
      expect(rung).toHaveLength(2);
    });
  });

  describe("the store", () => {
    it("can fail before it writes, or after, and takes the same commit again either way", async () => {
      const lease = await own(a, "a");
      world.store.failCommits(1, "before");
      await expect(a.store.commit(partition, record(lease, 1, "1"))).rejects.toThrow(StoreUnavailableError);
      expect(await stateOfAlice()).toBeUndefined();
      expect(await a.store.commit(partition, record(lease, 1, "1"))).toBe("committed");

      world.store.failCommits(1, "after");
      await expect(a.store.commit(partition, record(lease, 2, "2"))).rejects.toThrow(StoreUnavailableError);
      expect(await stateOfAlice()).toBe("2");
      expect(await a.store.commit(partition, record(lease, 2, "2"))).toBe("already");
    });

    it("P1: forgets what came after a snapshot, and every owner finds out", async () => {
      const lease = await own(a, "a");
      await a.store.commit(partition, record(lease, 1, "1"));
      const snapshot = world.store.snapshot();
      await a.store.commit(partition, record(lease, 2, "2"));
      const { generation } = await a.store.namespace();
      world.store.restore(snapshot);

      expect(await stateOfAlice()).toBe("1");
      expect((await a.store.namespace()).generation).toBeGreaterThan(generation);
      expect(await a.leases.renew([{ lease, seq: 2 }], ttlMs)).toEqual([{ lost: "rewound" }]);
      expect(await a.store.commit(partition, record(lease, 3, "3"))).toBe("rewound");
      expect((await a.store.load(partition, await own(a, "a"))).rewound).toBe(true);
    });

    it("P6: rejects a fence that was granted after the snapshot, and never grants it again", async () => {
      await own(a, "a");
      const snapshot = world.store.snapshot();
      const lost = await own(a, "a");
      world.store.restore(snapshot);
      expect(await a.store.commit(partition, record(lost, 1, "1"))).toBe("rewound");
      await clock.advance(1);
      const next = await own(a, "a");
      expect(next.fence).toBeGreaterThan(lost.fence);
      expect(await a.store.commit(partition, record(lost, 1, "1"))).toBe("fenced");
    });

    it("does not let a wall clock that jumps end a lease or lower a fence", async () => {
      const lease = await own(a, "a");
      clock.jumpWall(-3_600_000);
      const again = await own(a, "a");
      expect(again.fence).toBe(lease.fence + 1);
      clock.jumpWall(7_200_000);
      expect(await a.store.commit(partition, record(again, 1, "1"))).toBe("committed");
    });

    it("gives a snapshot back as often as it is asked to", async () => {
      const lease = await own(a, "a");
      const snapshot = world.store.snapshot();
      for (const state of ["1", "2"]) {
        expect(await a.store.commit(partition, record(lease, 1, state))).toBe("committed");
        expect(await stateOfAlice()).toBe(state);
        world.store.restore(snapshot);
        expect(await stateOfAlice()).toBeUndefined();
      }
    });
  });
});
