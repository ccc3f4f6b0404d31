import {
  ClosedError,
  type PoolChannel,
  type PoolConsumerOptions,
  type PoolDelivery,
  type PoolQueue,
  type Pools,
  poolQueue,
} from "@actor-runtime/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { NotingPoolConsumer } from "./noting-pool-consumer.js";
import { bodyText, eventually, someBytes, someFrame, unique } from "./samples.js";

export interface PoolsUnderTest {
  readonly port: Pools;
  /** Another process's connection to the same pools. */
  readonly other: Pools;
  /** The bound of a queue, small enough to be filled by a test. */
  readonly maxQueueBytes: number;
  /** Breaks the channels that `port` consumes on, without its doing. */
  cutChannels(): Promise<void>;
  /** Closes the broker that `port` is part of. */
  close(): Promise<void>;
  dispose(): Promise<void>;
}

/** What pools do, whatever they are made of. */
export function poolsContract(name: string, make: () => Promise<PoolsUnderTest>): void {
  describe(`${name}: pools`, () => {
    let under: PoolsUnderTest;
    let pools: Pools;
    let other: Pools;
    let type: string;
    let shared: PoolQueue;

    beforeEach(async () => {
      under = await make();
      ({ port: pools, other } = under);
      type = unique("Resize");
      shared = poolQueue(type);
    });

    afterEach(() => under.dispose());

    async function consume(
      options: Partial<PoolConsumerOptions> = {},
      by = pools,
      from = shared,
    ): Promise<{ consumer: NotingPoolConsumer; channel: PoolChannel }> {
      const consumer = new NotingPoolConsumer();
      return { consumer, channel: await by.consume(from, { prefetch: 100, ...options }, consumer) };
    }

    async function send(...texts: string[]): Promise<void> {
      const outcomes = await Promise.all(texts.map((text) => pools.send(shared, someFrame(text))));
      expect(outcomes).toEqual(texts.map(() => "confirmed"));
    }

    async function received(consumer: NotingPoolConsumer, ...texts: string[]): Promise<void> {
      await eventually(() => expect(consumer.texts.toSorted()).toEqual(texts.toSorted()));
    }

    /** A message through a queue of its own takes as long as anything that is still under way in another. */
    async function barrier(): Promise<void> {
      const away = poolQueue(type, unique("barrier"));
      const { consumer, channel } = await consume({}, other, away);
      expect(await pools.send(away, someFrame("barrier"))).toBe("confirmed");
      await received(consumer, "barrier");
      await channel.close();
    }

    describe("a shared queue", () => {
      it("is unroutable until a worker has started, and keeps messages from then on", async () => {
        expect(await pools.send(shared, someFrame("too early"))).toBe("unroutable");
        await (await consume()).channel.close();
        await send("a", "b");
        const { consumer } = await consume({}, other);
        await received(consumer, "a", "b");
        expect(consumer.deliveries.map(({ redeliveries }) => redeliveries)).toEqual([0, 0]);
      });

      it("gives every message to one of its consumers, and each of them its share", async () => {
        const here = await consume();
        const there = await consume({}, other);
        const texts = Array.from({ length: 40 }, (_, number) => `message ${number}`);
        await send(...texts);
        await eventually(() =>
          expect([...here.consumer.texts, ...there.consumer.texts].toSorted()).toEqual(texts.toSorted()),
        );
        expect(here.consumer.texts.length).toBeGreaterThan(10);
        expect(there.consumer.texts.length).toBeGreaterThan(10);
      });

      it("carries bodies unchanged, whatever bytes they hold and up to 300 KB", async () => {
        const { consumer } = await consume();
        const bodies = [someBytes(0), someBytes(1_000), someBytes(300_000)];
        for (const body of bodies) expect(await pools.send(shared, someFrame(body))).toBe("confirmed");
        await eventually(() => expect(consumer.deliveries).toHaveLength(bodies.length));
        for (const [index, body] of bodies.entries()) {
          expect(Buffer.compare(consumer.deliveries[index]!.frame.body, body)).toBe(0);
        }
      });

      it("holds back what is over the prefetch until something is acked, in whatever order", async () => {
        const { consumer, channel } = await consume({ prefetch: 2 });
        await send("a", "b", "c", "d");
        await eventually(() => expect(consumer.deliveries).toHaveLength(2));
        await barrier();
        expect(consumer.deliveries).toHaveLength(2);
        channel.ack(consumer.deliveries[1]!.tag);
        await eventually(() => expect(consumer.deliveries).toHaveLength(3));
        await barrier();
        expect(consumer.deliveries).toHaveLength(3);
      });

      it("gives what a consumer has no room for to those who have", async () => {
        const full = await consume({ prefetch: 1 });
        await send("a");
        await received(full.consumer, "a");
        const free = await consume({}, other);
        await send("b", "c");
        await received(free.consumer, "b", "c");
      });

      it("gives what a closed channel had not acked to others, and counts how often", async () => {
        for (const redeliveries of [0, 1, 2]) {
          const { consumer, channel } = await consume({ prefetch: 1 });
          if (redeliveries === 0) await send("a");
          await received(consumer, "a");
          expect(consumer.deliveries[0]!.redeliveries).toBe(redeliveries);
          await channel.close();
        }
        const last = await consume({}, other);
        await received(last.consumer, "a");
        expect(last.consumer.deliveries[0]!.redeliveries).toBe(3);
      });

      it("takes a delivered frame that is sent again and then acked for a new one, never given to anybody", async () => {
        const first = await consume({ prefetch: 1 });
        await send("a");
        await received(first.consumer, "a");
        await first.channel.close();
        const second = await consume({ prefetch: 1 });
        await received(second.consumer, "a");
        const [{ tag, redeliveries, frame }] = second.consumer.deliveries as [PoolDelivery];
        expect(redeliveries).toBe(1);
        await second.channel.stop();
        expect(await pools.send(shared, frame)).toBe("confirmed");
        second.channel.ack(tag);
        await second.channel.close();
        const last = await consume({}, other);
        await received(last.consumer, "a");
        const [again] = last.consumer.deliveries;
        expect([again!.redeliveries, again!.frame.headers]).toEqual([0, frame.headers]);
      });

      it("says once that a channel was lost, and gives its messages to others", async () => {
        const first = await consume({ prefetch: 2 });
        await send("a", "b");
        await received(first.consumer, "a", "b");
        await under.cutChannels();
        await eventually(() => expect(first.consumer.losses).toHaveLength(1));
        expect(first.consumer.losses[0]).toBeInstanceOf(Error);
        first.channel.ack(first.consumer.deliveries[0]!.tag);
        await first.channel.close();

        const { consumer } = await consume({}, other);
        await received(consumer, "a", "b");
        expect(consumer.deliveries.map(({ redeliveries }) => redeliveries)).toEqual([1, 1]);
        expect(first.consumer.losses).toHaveLength(1);
      });

      it("settles an acked message for good, also when it is acked twice", async () => {
        const first = await consume();
        await send("a", "b");
        await received(first.consumer, "a", "b");
        const { tag } = first.consumer.deliveries.find(({ frame }) => bodyText(frame.body) === "a")!;
        first.channel.ack(tag);
        first.channel.ack(tag);
        await barrier();
        await first.channel.close();
        const { consumer } = await consume();
        await received(consumer, "b");
        expect(first.consumer.losses).toEqual([]);
      });

      it("delivers nothing more once the channel is closed, and loses nothing", async () => {
        const first = await consume();
        await first.channel.close();
        await first.channel.close();
        await send("a");
        await barrier();
        expect([first.consumer.texts, first.consumer.losses]).toEqual([[], []]);
        const { consumer } = await consume();
        await received(consumer, "a");
      });

      it("P12: refuses what it has no room for, and takes more once there is", async () => {
        await (await consume()).channel.close();
        const body = 64 * 1024;
        let outcome = "confirmed";
        let confirmed = 0;
        // Twice the bound: real brokers enforce it softly.
        for (let sent = 0; outcome !== "refused" && sent * body <= under.maxQueueBytes * 2; sent += 1) {
          outcome = await pools.send(shared, someFrame(someBytes(body)));
          if (outcome === "confirmed") confirmed += 1;
        }
        expect(outcome).toBe("refused");
        const { consumer, channel } = await consume();
        await eventually(() => expect(consumer.deliveries).toHaveLength(confirmed));
        for (const { tag } of consumer.deliveries) channel.ack(tag);
        await eventually(async () => expect(await pools.send(shared, someFrame("room"))).toBe("confirmed"));
      });
    });

    describe("a consumer of lower priority", () => {
      it("gets only what the others have no room for", async () => {
        const low = await consume({ priority: -1 });
        const high = await consume({ prefetch: 2 }, other);
        await send("a", "b");
        await eventually(() => expect(high.consumer.deliveries).toHaveLength(2));
        await send("c");
        await received(low.consumer, "c");
        high.channel.ack(high.consumer.deliveries[0]!.tag);
        await barrier();
        await send("d");
        await eventually(() => expect(high.consumer.deliveries).toHaveLength(3));
        expect(low.consumer.texts).toEqual(["c"]);
      });

      it("becomes one by being adjusted, and keeps what it has", async () => {
        const one = await consume();
        await send("a");
        await received(one.consumer, "a");
        await one.channel.adjust({ prefetch: 100, priority: -1 });
        const two = await consume({}, other);
        await send("b", "c", "d", "e");
        await received(two.consumer, "b", "c", "d", "e");
        await one.channel.adjust({ prefetch: 100 });
        await two.channel.adjust({ prefetch: 100, priority: -1 });
        await send("f");
        await received(one.consumer, "a", "f");
        for (const { tag } of one.consumer.deliveries) one.channel.ack(tag);
        await barrier();
        await one.channel.close();
        await send("g");
        await received(two.consumer, "b", "c", "d", "e", "g");
      });
    });

    describe("another prefetch", () => {
      it("lets more come when it is raised", async () => {
        const { consumer, channel } = await consume({ prefetch: 1 });
        await send("a", "b", "c");
        await eventually(() => expect(consumer.deliveries).toHaveLength(1));
        await channel.adjust({ prefetch: 3 });
        await received(consumer, "a", "b", "c");
        expect(consumer.deliveries.every(({ redeliveries }) => redeliveries === 0)).toBe(true);
        for (const { tag } of consumer.deliveries) channel.ack(tag);
        await barrier();
        await channel.close();
        const next = await consume();
        await send("d");
        await received(next.consumer, "d");
      });

      it("keeps the new bound once what came before is acked, when it is lowered", async () => {
        const { consumer, channel } = await consume({ prefetch: 10 });
        await send("a", "b", "c");
        await received(consumer, "a", "b", "c");
        await channel.adjust({ prefetch: 1 });
        for (const { tag } of consumer.deliveries) channel.ack(tag);
        await send("d", "e");
        await eventually(() => expect(consumer.deliveries).toHaveLength(4));
        await barrier();
        expect(consumer.deliveries).toHaveLength(4);
        channel.ack(consumer.deliveries[3]!.tag);
        await received(consumer, "a", "b", "c", "d", "e");
      });

      it("lets nothing come while it is 0, and what is here can be acked", async () => {
        const one = await consume();
        await send("a");
        await received(one.consumer, "a");
        await one.channel.adjust({ prefetch: 0 });
        await send("b");
        one.channel.ack(one.consumer.deliveries[0]!.tag);
        await barrier();
        expect(one.consumer.texts).toEqual(["a"]);
        const none = await consume({ prefetch: 0 }, other);
        await barrier();
        expect(none.consumer.texts).toEqual([]);
        await one.channel.adjust({ prefetch: 1 });
        await received(one.consumer, "a", "b");
        await one.channel.close();
        await none.channel.adjust({ prefetch: 1 });
        await received(none.consumer, "b");
      });

      it("changes many times while messages flow, and each arrives once", async () => {
        const { consumer, channel } = await consume({ prefetch: 1 });
        consumer.onDeliver = ({ tag }) => channel.ack(tag);
        const texts = Array.from({ length: 200 }, (_, number) => `message ${number}`);
        const sent = send(...texts);
        for (const prefetch of [5, 2, 0, 20, 1, 64, 0, 3]) {
          await channel.adjust({ prefetch, priority: prefetch % 2 });
        }
        await sent;
        await received(consumer, ...texts);
      });
    });

    describe("a consumer that stops", () => {
      it("gets nothing more, and can still ack what it has", async () => {
        const first = await consume({ prefetch: 2 });
        await send("a", "b", "c");
        await eventually(() => expect(first.consumer.deliveries).toHaveLength(2));
        const [done, left] = first.consumer.deliveries as [PoolDelivery, PoolDelivery];
        await first.channel.stop();
        first.channel.ack(done.tag);
        await barrier();
        expect(first.consumer.deliveries).toHaveLength(2);
        const second = await consume({}, other);
        // Nothing is kept in order, so it may be any of them that has not come yet.
        const came = [done, left].map(({ frame }) => bodyText(frame.body));
        const rest = ["a", "b", "c"].filter((text) => !came.includes(text));
        await received(second.consumer, ...rest);
        await first.channel.close();
        await received(second.consumer, ...rest, came[1]!);
        expect(first.consumer.losses).toEqual([]);
      });
    });

    describe("the queue of one worker", () => {
      let own: PoolQueue;

      beforeEach(() => {
        own = poolQueue(type, unique("worker.1"));
      });

      it("reaches that worker and no other", async () => {
        const mine = await consume({}, other, own);
        const theirs = await consume({}, pools, poolQueue(type, unique("worker.2")));
        const anybody = await consume();
        expect(await pools.send(own, someFrame("a"))).toBe("confirmed");
        await received(mine.consumer, "a");
        expect([theirs.consumer.texts, anybody.consumer.texts]).toEqual([[], []]);
      });

      it("is unroutable before its worker has started and once it is gone, and what was in it is lost", async () => {
        expect(await pools.send(own, someFrame("too early"))).toBe("unroutable");
        const first = await consume({ prefetch: 1 }, other, own);
        for (const text of ["a", "b"]) expect(await pools.send(own, someFrame(text))).toBe("confirmed");
        await received(first.consumer, "a");
        await first.channel.close();
        await eventually(async () => expect(await pools.send(own, someFrame("too late"))).toBe("unroutable"));

        const again = await consume({}, other, own);
        expect(await pools.send(own, someFrame("anew"))).toBe("confirmed");
        await received(again.consumer, "anew");
      });

      it("ends when its channel is lost", async () => {
        const { consumer } = await consume({}, pools, own);
        await under.cutChannels();
        await eventually(() => expect(consumer.losses).toHaveLength(1));
        await eventually(async () => expect(await other.send(own, someFrame("a"))).toBe("unroutable"));
      });

      it("ends when its worker stops", async () => {
        const { channel } = await consume({}, other, own);
        await channel.stop();
        expect(await pools.send(own, someFrame("a"))).toBe("unroutable");
        await channel.close();
      });

      it("keeps what waits in it while its prefetch is adjusted", async () => {
        const { consumer, channel } = await consume({ prefetch: 1 }, other, own);
        for (const text of ["a", "b", "c"]) expect(await pools.send(own, someFrame(text))).toBe("confirmed");
        await received(consumer, "a");
        await channel.adjust({ prefetch: 3 });
        await received(consumer, "a", "b", "c");
      });
    });

    it("end with the broker: nothing is sent or consumed after, and what was unacked goes to others", async () => {
      const { consumer } = await consume();
      await send("a");
      await received(consumer, "a");
      await under.close();
      await expect(pools.send(shared, someFrame("b"))).rejects.toThrow(ClosedError);
      await expect(consume()).rejects.toThrow(ClosedError);
      const next = await consume({}, other);
      await received(next.consumer, "a");
      expect(consumer.losses).toEqual([]);
    });
  });
}
