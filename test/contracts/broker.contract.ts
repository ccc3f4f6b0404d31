import {
  type Broker,
  type Channel,
  ClosedError,
  ConfigError,
  type DeadLetter,
  type Mailbox,
  type PartitionId,
  partitionId,
} from "@actor-runtime/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { NotingConsumer } from "./noting-consumer.js";
import { bodyText, collect, eventually, someBytes, someFrame, someMailbox, unique } from "./samples.js";

export interface BrokerUnderTest {
  readonly port: Broker;
  /** Another process's connection to the same broker. */
  readonly other: Broker;
  /** The bound of a queue, small enough to be filled by a test. */
  readonly maxMailboxBytes: number;
  /** Breaks the channels that `port` consumes on, without its doing. */
  cutChannels(): Promise<void>;
  dispose(): Promise<void>;
}

/** What every broker does, whatever it is made of. */
export function brokerContract(name: string, make: () => Promise<BrokerUnderTest>): void {
  describe(`${name}: broker`, () => {
    let broker: Broker;
    let other: Broker;
    let under: BrokerUnderTest;
    let mailbox: Mailbox;
    let partition: PartitionId;

    beforeEach(async () => {
      under = await make();
      ({ port: broker, other } = under);
      mailbox = someMailbox();
      partition = partitionId(mailbox, 0);
    });

    afterEach(() => under.dispose());

    async function received(consumer: NotingConsumer, ...texts: string[]): Promise<void> {
      await eventually(() => expect(consumer.texts).toEqual(texts));
    }

    async function publish(...texts: string[]): Promise<void> {
      for (const text of texts) expect(await broker.publish(partition, someFrame(text))).toBe("confirmed");
    }

    async function consume(prefetch = 100, by = broker): Promise<{ consumer: NotingConsumer; channel: Channel }> {
      const consumer = new NotingConsumer();
      return { consumer, channel: await by.consume(mailbox, partition, prefetch, consumer) };
    }

    /** Only an owner declares a queue: one that came and went. */
    async function declare(): Promise<void> {
      const { channel } = await consume();
      await channel.close();
    }

    /** A frame through a queue of its own takes as long as anything that is still under way in another. */
    async function barrier(): Promise<void> {
      const consumer = new NotingConsumer();
      const channel = await broker.consume(mailbox, partitionId(mailbox, 3), 1, consumer);
      await broker.publish(partitionId(mailbox, 3), someFrame("barrier"));
      await received(consumer, "barrier");
      channel.ack(consumer.tag("barrier"));
      await channel.close();
    }

    describe("publishing", () => {
      it("delivers frames in the order published, each once", async () => {
        const texts = Array.from({ length: 200 }, (_, index) => `frame ${index}`);
        const { consumer, channel } = await consume(texts.length);
        await publish(...texts);
        await received(consumer, ...texts);
        expect(consumer.deliveries.every(({ redelivered }) => !redelivered)).toBe(true);
        expect(new Set(consumer.deliveries.map(({ tag }) => tag)).size).toBe(texts.length);
        await channel.close();
      });

      it("carries headers and bodies unchanged, whatever bytes they hold", async () => {
        const frame = {
          headers: {
            v: 1,
            segments: [
              { stream: "1700000000000-ab", first: 7, count: 3, after: 4, settled: 2 },
              { stream: `${mailbox.name}:g1:02`, first: 1_700_000_000_000_123, count: 1, after: 0, settled: 0 },
            ],
            replyTo: "the sender's own queue",
            sentAt: 1_700_000_000_123.25,
          },
          body: someBytes(1_000),
        };
        const { consumer } = await consume();
        await broker.publish(partition, frame);
        await eventually(() => expect(consumer.deliveries).toHaveLength(1));
        const { headers, body } = consumer.deliveries[0]!.frame;
        expect(headers).toEqual(frame.headers);
        expect(Array.from(body)).toEqual(Array.from(frame.body));
      });

      it("carries a frame with an empty body", async () => {
        const { consumer } = await consume();
        await publish("");
        await received(consumer, "");
      });

      it("carries bodies of 300 KB", async () => {
        const body = someBytes(300_000);
        const { consumer } = await consume();
        expect(await broker.publish(partition, someFrame(body))).toBe("confirmed");
        await eventually(() => expect(consumer.deliveries).toHaveLength(1));
        expect(Buffer.compare(consumer.deliveries[0]!.frame.body, body)).toBe(0);
      });

      it("keeps partitions and mailboxes apart", async () => {
        const { consumer } = await consume();
        const neighbour = new NotingConsumer();
        await broker.consume(mailbox, partitionId(mailbox, 1), 10, neighbour);
        await publish("here");
        await broker.publish(partitionId(mailbox, 1), someFrame("there"));
        await received(consumer, "here");
        await received(neighbour, "there");
      });

      it("keeps frames while nobody consumes", async () => {
        await declare();
        await publish("a", "b");
        const { consumer } = await consume(10, other);
        await received(consumer, "a", "b");
      });

      it("answers unroutable for a queue that no owner has declared, and stores nothing", async () => {
        expect(await broker.publish(partition, someFrame("too early"))).toBe("unroutable");
        const { consumer } = await consume();
        await publish("in time");
        await received(consumer, "in time");
      });

      it("P12: refuses what a full mailbox has no room for, keeps the rest, and takes more once there is room", async () => {
        await declare();
        const body = 64 * 1024;
        const confirmed: string[] = [];
        let outcome = "confirmed";
        // Twice the bound: real brokers enforce it softly.
        for (let number = 0; outcome !== "refused" && number * body <= under.maxMailboxBytes * 2; number += 1) {
          const text = `${number}`.padEnd(body, ".");
          outcome = await broker.publish(partition, someFrame(text));
          if (outcome === "confirmed") confirmed.push(text);
        }
        expect(outcome).toBe("refused");

        const { consumer, channel } = await consume(1_000);
        await received(consumer, ...confirmed);
        for (const { tag } of consumer.deliveries) channel.ack(tag);
        await eventually(async () => expect(await broker.publish(partition, someFrame("room"))).toBe("confirmed"));
        await received(consumer, ...confirmed, "room");
      });
    });

    describe("consuming", () => {
      it("holds back what is over the prefetch until something is acked", async () => {
        const { consumer, channel } = await consume(2);
        await publish("a", "b", "c", "d");
        await received(consumer, "a", "b");
        await barrier();
        expect(consumer.texts).toEqual(["a", "b"]);
        // Out of order: the oldest may take longest.
        channel.ack(consumer.tag("b"));
        await received(consumer, "a", "b", "c");
        await barrier();
        expect(consumer.texts).toEqual(["a", "b", "c"]);
      });

      it("returns unacked frames of a closed channel to their old place, marked as redelivered", async () => {
        const first = await consume(3);
        await publish("a", "b", "c", "d", "e");
        await received(first.consumer, "a", "b", "c");
        first.channel.ack(first.consumer.tag("b"));
        await received(first.consumer, "a", "b", "c", "d");
        await first.channel.close();

        const { consumer } = await consume(100, other);
        await received(consumer, "a", "c", "d", "e");
        expect(consumer.deliveries.map(({ redelivered }) => redelivered)).toEqual([true, true, true, false]);
      });

      it("delivers nothing more once the channel is closed, and loses nothing", async () => {
        const first = await consume(100);
        await publish("a");
        await received(first.consumer, "a");
        await first.channel.close();
        await publish("b");
        await barrier();
        expect(first.consumer.texts).toEqual(["a"]);
        expect(first.consumer.losses).toEqual([]);
      });

      it("lets a second consumer wait until the first channel is closed, then continues in order", async () => {
        const first = await consume(2);
        const second = await consume(100, other);
        await publish("a", "b", "c");
        await received(first.consumer, "a", "b");
        await barrier();
        expect(second.consumer.texts).toEqual([]);

        first.channel.ack(first.consumer.tag("a"));
        await received(first.consumer, "a", "b", "c");
        await first.channel.close();
        await received(second.consumer, "b", "c");
      });

      it("does not hand over to a consumer that gave up waiting", async () => {
        const first = await consume(100);
        const second = await consume(100, other);
        const third = await consume(100, other);
        await second.channel.close();
        await first.channel.close();
        await publish("a");
        await received(third.consumer, "a");
        expect(second.consumer.texts).toEqual([]);
      });

      it("ignores an ack that comes after the channel was closed", async () => {
        const first = await consume();
        await publish("a");
        await received(first.consumer, "a");
        const late = first.consumer.tag("a");
        await first.channel.close();

        const second = await consume(100, other);
        await received(second.consumer, "a");
        first.channel.ack(late);
        await barrier();
        await second.channel.close();

        const third = await consume();
        await received(third.consumer, "a");
      });

      it("settles an acked frame for good", async () => {
        const first = await consume();
        await publish("a", "b");
        await received(first.consumer, "a", "b");
        first.channel.ack(first.consumer.tag("a"));
        await barrier();
        await first.channel.close();
        const second = await consume();
        await received(second.consumer, "b");
      });

      it("can be closed twice, at no cost to those in line", async () => {
        const first = await consume();
        const second = await consume(100, other);
        await first.channel.close();
        await first.channel.close();
        await publish("a");
        await received(second.consumer, "a");
      });

      it("says once that a channel was lost, and gives its frames to the next one, in order", async () => {
        const first = await consume(2);
        await publish("a", "b", "c");
        await received(first.consumer, "a", "b");
        const late = first.consumer.tag("a");
        await under.cutChannels();
        await eventually(() => expect(first.consumer.losses).toHaveLength(1));
        first.channel.ack(late);
        await first.channel.close();

        const second = await consume(100, other);
        await received(second.consumer, "a", "b", "c");
        expect(second.consumer.deliveries.map(({ redelivered }) => redelivered)).toEqual([true, true, false]);
        expect(first.consumer.losses).toHaveLength(1);
        expect(first.consumer.losses[0]).toBeInstanceOf(Error);
      });
    });

    describe("replies", () => {
      async function openReplies(by = broker): Promise<{ address: string; texts: string[]; close(): Promise<void> }> {
        const texts: string[] = [];
        const queue = await by.openReplies({ receive: (body) => texts.push(bodyText(body)), reopened: () => {} });
        return { address: queue.address, texts, close: () => queue.close() };
      }

      it("brings each answer to the process that asked, once and in order", async () => {
        const mine = await openReplies();
        const theirs = await openReplies(other);
        expect(mine.address).not.toBe(theirs.address);
        for (let number = 0; number < 50; number += 1) other.reply(mine.address, someFrame(`answer ${number}`).body);
        broker.reply(theirs.address, someFrame("for the other").body);
        await eventually(() => expect(mine.texts).toHaveLength(50));
        await eventually(() => expect(theirs.texts).toEqual(["for the other"]));
        expect(mine.texts).toEqual(Array.from({ length: 50 }, (_, number) => `answer ${number}`));
      });

      it("carries answers of 300 KB", async () => {
        const bodies: Uint8Array[] = [];
        const queue = await broker.openReplies({ receive: (body) => bodies.push(body), reopened: () => {} });
        other.reply(queue.address, someBytes(300_000));
        await eventually(() => expect(bodies).toHaveLength(1));
        expect(Buffer.compare(bodies[0]!, someBytes(300_000))).toBe(0);
      });

      it("drops answers to a caller that is gone, without harm to those after it", async () => {
        const gone = await openReplies();
        const here = await openReplies();
        await gone.close();
        other.reply(gone.address, someFrame("nobody hears this").body);
        other.reply(unique("never-existed"), someFrame("nor this").body);
        other.reply(here.address, someFrame("but this").body);
        await eventually(() => expect(here.texts).toEqual(["but this"]));
        expect(gone.texts).toEqual([]);
      });
    });

    describe("dead letters", () => {
      function deadLetter(id: string): DeadLetter {
        return {
          id,
          address: "Account/alice",
          handler: "deposit",
          message: { to: "Account/alice", kind: "tell", handler: "deposit", args: [1, "ü"] },
          cause: {
            class: "RejectedError",
            name: "RejectedError",
            code: "REJECTED",
            message: "insufficient funds",
            effect: "none",
            retryable: false,
          },
          attempts: 1,
          at: 1_700_000_000_000,
        };
      }

      it("keeps the dead letters of a type, oldest first, and leaves them there when they are read", async () => {
        const type = unique("Account");
        const frames = [[deadLetter("s:1"), deadLetter("s:2")], [deadLetter("s:3")]];
        for (const letters of frames) {
          const published = await broker.publish(`dead:${type}`, someFrame(JSON.stringify(letters)));
          expect(published).toBe("confirmed");
        }
        expect(await collect(other.deadLetters(type))).toEqual(frames.flat());
        expect(await collect(broker.deadLetters(type))).toEqual(frames.flat());
      });

      it("has none for a type that never had one", async () => {
        expect(await collect(broker.deadLetters(unique("Account")))).toEqual([]);
      });

      it("can be read in part", async () => {
        const type = unique("Account");
        await broker.publish(`dead:${type}`, someFrame(JSON.stringify([deadLetter("s:1"), deadLetter("s:2")])));
        for await (const letter of broker.deadLetters(type)) {
          expect(letter.id).toBe("s:1");
          break;
        }
        expect(await collect(broker.deadLetters(type))).toHaveLength(2);
      });

      it("removes those that are taken, also out of the middle of a frame, and keeps the others", async () => {
        const type = unique("Account");
        const frames = [
          [deadLetter("s:1"), deadLetter("s:2"), deadLetter("s:3")],
          [deadLetter("s:4")],
          [deadLetter("s:5")],
        ];
        for (const letters of frames) await broker.publish(`dead:${type}`, someFrame(JSON.stringify(letters)));
        const seen: string[] = [];
        await other.takeDeadLetters(type, async ({ id }) => {
          seen.push(id);
          return id === "s:2" || id === "s:4";
        });
        expect(seen).toEqual(["s:1", "s:2", "s:3", "s:4", "s:5"]);
        const left = (await collect(broker.deadLetters(type))).map(({ id }) => id);
        expect(left.toSorted()).toEqual(["s:1", "s:3", "s:5"]);
      });

      it("P1: keeps the one whose taking failed, and all after it", async () => {
        const type = unique("Account");
        for (const id of ["s:1", "s:2", "s:3"]) {
          await broker.publish(`dead:${type}`, someFrame(JSON.stringify([deadLetter(id)])));
        }
        const taking = broker.takeDeadLetters(type, async ({ id }) => {
          if (id === "s:2") throw new Error("the broker was lost");
          return true;
        });
        await expect(taking).rejects.toThrow("the broker was lost");
        expect((await collect(broker.deadLetters(type))).map(({ id }) => id)).toEqual(["s:2", "s:3"]);
      });

      it("takes nothing from a type that never had one", async () => {
        await broker.takeDeadLetters(unique("Account"), async () => expect.unreachable());
      });
    });

    describe("the store it belongs to", () => {
      it("stays tied to the first one, and refuses another with the fix", async () => {
        await broker.tie("store-1");
        await other.tie("store-1");
        await expect(other.tie("store-2")).rejects.toThrow(ConfigError);
        await expect(other.tie("store-2")).rejects.toThrow("actor-runtime store adopt");
        await broker.tie("store-1");
      });

      it("is given over to another one on request", async () => {
        await broker.tie("store-1");
        await other.tie("store-2", true);
        await other.tie("store-2");
        await expect(broker.tie("store-1")).rejects.toThrow(ConfigError);
      });
    });

    describe("closing", () => {
      it("returns unacked frames to the next consumer", async () => {
        const first = await consume();
        await publish("a");
        await received(first.consumer, "a");
        await broker.close();
        const second = await consume(100, other);
        await received(second.consumer, "a");
        expect(first.consumer.losses).toEqual([]);
      });

      it("rejects publishing afterwards", async () => {
        await declare();
        await broker.close();
        await expect(broker.publish(partition, someFrame("too late"))).rejects.toThrow(ClosedError);
      });
    });
  });
}
