import { setImmediate as macrotask } from "node:timers/promises";
import { type CommitRecord, type Delivery, type Frame, type Mailbox, StoreUnavailableError } from "@actor-runtime/core";
import { beforeEach, describe, expect, it } from "vitest";
import { type Connection, EmbeddedWorld } from "./embedded-world.js";
import type { Path } from "./link.js";
import { ManualClock } from "./manual-clock.js";
import { SeededRandom } from "./seeded-random.js";

const mailbox: Mailbox = { name: "Account", generation: 1, partitions: 1 };
const partition = "Account:g1:00";

/** A path whose traffic waits until it is let through. */
class HeldPath implements Path {
  readonly #toWorld: (() => void)[] = [];
  readonly #toProcess: (() => void)[] = [];

  readonly there = (task: () => void): void => void this.#toWorld.push(task);
  readonly back = (task: () => void): void => void this.#toProcess.push(task);

  async arrive(): Promise<void> {
    for (const task of this.#toWorld.splice(0)) task();
    await macrotask();
  }

  async return(): Promise<void> {
    for (const task of this.#toProcess.splice(0)) task();
    await macrotask();
  }
}

/** What became of a promise so far. */
function watched(promise: Promise<unknown>): { outcome: unknown } {
  const watch: { outcome: unknown } = { outcome: "pending" };
  const note = (outcome: unknown) => {
    watch.outcome = outcome;
  };
  promise.then(note, note);
  return watch;
}

function frame(text: string): Frame {
  return { headers: { v: 1, segments: [] }, body: new TextEncoder().encode(text) };
}

describe("a process whose messages take their time", () => {
  let clock: ManualClock;
  let world: EmbeddedWorld;
  let broker: HeldPath;
  let store: HeldPath;
  let slow: Connection;
  let quick: Connection;

  beforeEach(() => {
    clock = new ManualClock();
    world = new EmbeddedWorld({ clock, random: new SeededRandom(1) });
    broker = new HeldPath();
    store = new HeldPath();
    slow = world.connect("slow", { paths: { broker, store } });
    quick = world.connect("quick");
  });

  async function commit(): Promise<{ outcome: unknown }> {
    const acquired = await quick.leases.acquire(partition, "slow", 10_000);
    if (!("lease" in acquired)) throw new Error(`held by ${acquired.heldBy}`);
    const { fence, nonce } = acquired.lease;
    const record: CommitRecord = {
      fence,
      nonce,
      seq: 1,
      states: [{ address: "Account/alice", state: "1" }],
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
    return watched(slow.store.commit(partition, record));
  }

  async function stateOfAlice(): Promise<string | undefined> {
    return (await quick.store.readStates(partition, ["Account/alice"]))[0];
  }

  async function consume() {
    const events: string[] = [];
    const deliver = ({ tag, frame: { body } }: Delivery) =>
      void events.push(`${tag} ${new TextDecoder().decode(body)}`);
    const consuming = slow.broker.consume(mailbox, partition, 10, { deliver, lost: () => void events.push("lost") });
    await broker.arrive();
    await broker.return();
    return { events, channel: await consuming };
  }

  it("has its commit done when it arrives, and knows of it when the answer does", async () => {
    const watch = await commit();
    expect(await stateOfAlice()).toBeUndefined();
    await store.arrive();
    expect([await stateOfAlice(), watch.outcome]).toEqual(["1", "pending"]);
    await store.return();
    expect(watch.outcome).toBe("committed");
  });

  it("cannot know whether its commit was done when the link is cut: not if the request was under way", async () => {
    const watch = await commit();
    world.disconnect("slow");
    world.reconnect("slow");
    await store.arrive();
    await store.return();
    expect(watch.outcome).toBeInstanceOf(StoreUnavailableError);
    expect(await stateOfAlice()).toBeUndefined();
  });

  it("cannot know whether its commit was done when the link is cut: but if the answer was", async () => {
    const watch = await commit();
    await store.arrive();
    world.disconnect("slow");
    world.reconnect("slow");
    await store.return();
    expect(watch.outcome).toBeInstanceOf(StoreUnavailableError);
    expect(await stateOfAlice()).toBe("1");
  });

  it("does not hear of a refusal whose answer is lost", async () => {
    world.store.failCommits(1, "before");
    const watch = await commit();
    await store.arrive();
    world.disconnect("slow");
    await store.return();
    expect(watch.outcome).toMatchObject({ message: "the connection to the store is lost" });
  });

  it.each([
    ["the request", false],
    ["the confirm", true],
  ])("has a publish end as lost when the cut hits %s", async (_, arrives) => {
    const { events, channel } = await consume();
    const closed = channel.close();
    await broker.arrive();
    await broker.return();
    await closed;
    const watch = watched(slow.broker.publish(partition, frame("m")));
    if (arrives) await broker.arrive();
    world.disconnect("slow", "broker");
    await broker.arrive();
    await broker.return();
    expect(watch.outcome).toBe("lost");
    expect(world.backlog()).toEqual(arrives ? [partition] : []);
    expect(events).toEqual([]);
  });

  it("gets what was delivered before its channel was lost, then the news, and what it acks late is delivered again", async () => {
    const { events, channel } = await consume();
    await quick.broker.publish(partition, frame("m"));
    await macrotask();
    world.disconnect("slow", "broker");
    world.reconnect("slow", "broker");
    await broker.return();
    expect(events).toEqual(["1 m", "lost"]);
    channel.ack(1);
    await broker.arrive();
    expect((await consume()).events).toEqual(["1 m"]);
  });

  it("has closed a channel once the broker knows, and gets nothing more from then on", async () => {
    const { events, channel } = await consume();
    await quick.broker.publish(partition, frame("m"));
    await macrotask();
    const watch = watched(channel.close());
    await broker.return();
    expect([events, watch.outcome]).toEqual([[], "pending"]);
    await broker.arrive();
    await broker.return();
    expect(watch.outcome).toBeUndefined();
    expect((await consume()).events).toEqual(["1 m"]);
  });

  it("acks when the word arrives", async () => {
    const { channel } = await consume();
    await quick.broker.publish(partition, frame("m"));
    await macrotask();
    await broker.return();
    channel.ack(1);
    expect(world.backlog()).toEqual([partition]);
    await broker.arrive();
    expect(world.backlog()).toEqual([]);
  });

  it("has its leases end by its own clock, counted from when it asked", async () => {
    const own = new ManualClock();
    await own.advance(500);
    const { leases } = world.connect("other", { clock: own, paths: { broker, store } });
    const acquiring = leases.acquire(partition, "other", 10_000);
    await own.advance(70);
    await store.arrive();
    await store.return();
    expect(await acquiring).toMatchObject({ lease: { until: 10_500 } });
    expect(world.holderOf(partition)).toBe("other");
  });

  it("hands an alarm on when it has it, not when it was sent one", async () => {
    const rung: string[] = [];
    const listening = slow.alarms.listen(async ({ id }) => void rung.push(id));
    await store.arrive();
    await store.return();
    await listening;
    await quick.alarms.set([{ id: "wake", partition, dueAt: clock.now(), hint: "" }]);
    await clock.advance(0);
    world.disconnect("slow");
    await store.return();
    expect(rung).toEqual([]);
    world.reconnect("slow");
    await clock.advance(1_000);
    await store.return();
    expect(rung).toEqual(["wake"]);
  });
});
