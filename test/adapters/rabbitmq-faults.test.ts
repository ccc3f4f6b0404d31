import {
  type Channel,
  ConfigError,
  type Frame,
  type Mailbox,
  type PartitionId,
  type PublishOutcome,
  partitionId,
  StoreUnavailableError,
} from "@actor-runtime/core";
import type { RabbitOptions } from "@actor-runtime/rabbitmq";
import { afterEach, describe, expect, it } from "vitest";
import { NotingConsumer } from "../contracts/noting-consumer.js";
import { bodyText, collect, eventually, someBytes, someFrame, someMailbox } from "../contracts/samples.js";
import { AmqpProxy } from "./amqp-proxy.js";
import {
  amqpUrl,
  type Connected,
  connected,
  deleteNamespace,
  newNamespace,
  notingQueues,
  onPlainChannel,
} from "./rabbitmq-support.js";

/** A worker behind a proxy, in a namespace of its own. */
interface Scene extends Connected {
  readonly namespace: string;
  readonly proxy: AmqpProxy;
  readonly mailbox: Mailbox;
  readonly partition: PartitionId;
  readonly consume: (options?: {
    prefetch?: number;
    partition?: PartitionId;
  }) => Promise<{ consumer: NotingConsumer; channel: Channel }>;
  /** Another process, without the proxy. */
  readonly another: (options?: Partial<RabbitOptions>) => Promise<Connected>;
}

describe("RabbitMQ: what goes wrong", () => {
  const cleanups: (() => Promise<unknown>)[] = [];

  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
  });

  async function scene(options: Partial<RabbitOptions> = {}): Promise<Scene> {
    const namespace = newNamespace();
    const queues = new Set<string>();
    cleanups.push(() => deleteNamespace(namespace, queues));
    const proxy = await AmqpProxy.start(amqpUrl);
    cleanups.push(() => proxy.stop());
    const connectScene = async (further: Partial<RabbitOptions>): Promise<Connected> => {
      const process = await connected({ namespace, ...options, ...further });
      notingQueues(queues, process.broker);
      cleanups.push(() => process.broker.close());
      return process;
    };
    const one = await connectScene({ urls: proxy.url });
    const mailbox = someMailbox();
    return {
      ...one,
      namespace,
      proxy,
      mailbox,
      partition: partitionId(mailbox, 0),
      consume: async ({ prefetch = 100, partition = partitionId(mailbox, 0) } = {}) => {
        const consumer = new NotingConsumer();
        return { consumer, channel: await one.broker.consume(mailbox, partition, prefetch, consumer) };
      },
      another: (further = {}) => connectScene(further),
    };
  }

  /** Publishes until the broker has it: connections come back in their own time. */
  async function untilConfirmed(publish: () => Promise<PublishOutcome>): Promise<void> {
    await eventually(async () => expect(await publish()).toBe("confirmed"));
  }

  describe("connections", () => {
    it("come back by themselves: publishing goes on, and partitions can be consumed anew", async () => {
      const { broker, consume, partition, proxy, telemetry } = await scene();
      const first = await consume();
      await untilConfirmed(() => broker.publish(partition, someFrame("a")));
      await eventually(() => expect(first.consumer.texts).toEqual(["a"]));
      proxy.cut();
      await eventually(() => expect(first.consumer.losses).toHaveLength(1));
      await expect(consume()).rejects.toThrow(StoreUnavailableError);

      await untilConfirmed(() => broker.publish(partition, someFrame("b")));
      let second: NotingConsumer | undefined;
      await eventually(async () => {
        second = (await consume()).consumer;
      });
      await eventually(() => expect(second?.texts.slice(0, 2)).toEqual(["a", "b"]));
      expect(telemetry.total("broker.connections_lost")).toBe(2);
      expect(telemetry.total("broker.channels_lost")).toBeGreaterThanOrEqual(1);
      await eventually(() => expect(telemetry.total("broker.reconnects")).toBe(2));
    });

    it("take the next server when theirs is gone", async () => {
      const second = await AmqpProxy.start(amqpUrl);
      cleanups.push(() => second.stop());
      const first = await AmqpProxy.start(amqpUrl);
      const { another, mailbox, partition } = await scene();
      const { broker } = await another({ urls: [first.url, second.url] });
      await broker.consume(mailbox, partition, 1, new NotingConsumer());
      expect(second.connections()).toBe(0);
      await first.stop();
      await untilConfirmed(() => broker.publish(partition, someFrame("a")));
      await eventually(() => expect(second.connections()).toBe(2));
    });

    it("bring the reply queue back under its address, and say that answers in between are gone", async () => {
      const { another, broker, proxy } = await scene();
      const { broker: other } = await another();
      const texts: string[] = [];
      let reopened = 0;
      const { address } = await broker.openReplies({
        receive: (body) => texts.push(bodyText(body)),
        reopened: () => reopened++,
      });
      other.reply(address, someFrame("before").body);
      await eventually(() => expect(texts).toEqual(["before"]));
      proxy.cut();
      await eventually(() => expect(reopened).toBe(1));
      other.reply(address, someFrame("after").body);
      await eventually(() => expect(texts).toEqual(["before", "after"]));
    });

    it("keep a frame for a moment while they are away, then give it up unsent", async () => {
      const { broker, consume, partition, proxy } = await scene({ confirmTimeoutMs: 300 });
      const { channel } = await consume();
      await channel.close();
      proxy.holdNew = true;
      proxy.cut();
      expect(await broker.publish(partition, someFrame("a"))).toBe("lost");
      await broker.close();
    });

    it("are added when all channels of the first are taken", async () => {
      const { another, broker, consume, mailbox, proxy } = await scene({ maxChannelsPerConnection: 2 });
      const partitions = [0, 1, 2, 3].map((index) => partitionId(mailbox, index));
      const open = await Promise.all(partitions.map((partition) => consume({ partition })));
      expect(proxy.connections(" consume")).toBe(2);
      const { broker: other } = await another();
      for (const partition of partitions) {
        expect(await other.publish(partition, someFrame(partition))).toBe("confirmed");
      }
      for (const [index, { consumer }] of open.entries()) {
        await eventually(() => expect(consumer.texts).toEqual([partitions[index]]));
      }
      await broker.close();
      await eventually(() => expect(proxy.connections()).toBe(0));
    });

    it("end in bounded time when the network lets nothing through", async () => {
      const { broker, consume, proxy } = await scene();
      await consume();
      await broker.openReplies({ receive: () => {}, reopened: () => {} });
      proxy.hold("", true);
      await broker.close();
    });

    it("end in bounded time while they are being made anew", async () => {
      const { broker, proxy } = await scene();
      proxy.holdNew = true;
      proxy.cut();
      await eventually(() => expect(proxy.waiting).toBeGreaterThan(0));
      await broker.close();
      await eventually(() => expect(proxy.waiting).toBe(0));
    });
  });

  describe("confirms", () => {
    it("S4: that do not come in time lose the frame, and the same frame goes through later", async () => {
      const { broker, consume, partition, proxy, telemetry } = await scene({ confirmTimeoutMs: 400 });
      const { consumer } = await consume();
      await untilConfirmed(() => broker.publish(partition, someFrame("a")));
      proxy.hold(" publish", true);
      expect(await broker.publish(partition, someFrame("b"))).toBe("lost");
      expect(telemetry.total("broker.confirm_timeouts")).toBe(1);
      proxy.hold(" publish", false);
      await untilConfirmed(() => broker.publish(partition, someFrame("b")));
      // The copy given up may have arrived too: it has the same numbers, and is dropped as a duplicate.
      await eventually(() => expect(consumer.texts.at(-1)).toBe("b"));
      expect(new Set(consumer.texts)).toEqual(new Set(["a", "b"]));
    });

    it("S4: have all the time they need while RabbitMQ blocks publishing, and acks go on", async () => {
      const { another, broker, consume, partition, proxy, telemetry } = await scene({ confirmTimeoutMs: 200 });
      const { consumer, channel } = await consume({ prefetch: 1 });
      await untilConfirmed(() => broker.publish(partition, someFrame("a")));
      proxy.block(" publish", true);
      await eventually(() => expect(telemetry.total("broker.blocked")).toBe(1));
      const outcomes: PublishOutcome[] = [];
      const publishing = broker.publish(partition, someFrame("b")).then((outcome) => outcomes.push(outcome));

      // Longer than the time for a confirm, by what another process does meanwhile.
      const { broker: other } = await another();
      const until = performance.now() + 600;
      let last = "a";
      for (let number = 0; performance.now() < until; number++) {
        await eventually(() => expect(consumer.texts.at(-1)).toBe(last));
        channel.ack(consumer.deliveries.at(-1)!.tag);
        expect(await other.publish(partition, someFrame((last = `other ${number}`)))).toBe("confirmed");
      }
      expect(outcomes).toEqual([]);
      proxy.block(" publish", false);
      await publishing;
      expect(outcomes).toEqual(["confirmed"]);
      expect(telemetry.total("broker.confirm_timeouts")).toBe(0);
    });

    it("do not keep a blocked process from closing", async () => {
      const { broker, partition, proxy, telemetry } = await scene();
      await broker.publish(partition, someFrame("a"));
      proxy.block(" publish", true);
      await eventually(() => expect(telemetry.total("broker.blocked")).toBe(1));
      const publishing = broker.publish(partition, someFrame("b"));
      await broker.close();
      expect(await publishing).toBe("lost");
    });
  });

  describe("consumers", () => {
    it("are lost once when their queue is deleted", async () => {
      const { consume, mailbox, namespace } = await scene();
      const { consumer, channel } = await consume();
      await onPlainChannel((plain) => plain.deleteQueue(`actor.${namespace}.${mailbox.name}.g1.00`));
      await eventually(() => expect(consumer.losses).toHaveLength(1));
      await channel.close();
      expect(consumer.losses).toHaveLength(1);
    });

    it("find frames that were there before them only once they have their channel", async () => {
      const { broker, consume, mailbox, partition } = await scene();
      await (await consume()).channel.close();
      for (const text of ["a", "b"]) await broker.publish(partition, someFrame(text));
      const opened: Channel[] = [];
      const tooEarly: string[] = [];
      const texts: string[] = [];
      const channel = await broker.consume(mailbox, partition, 100, {
        deliver: ({ frame, tag }) => {
          if (opened.length === 0) tooEarly.push(bodyText(frame.body));
          texts.push(bodyText(frame.body));
          opened[0]?.ack(tag);
        },
        lost: () => {},
      });
      opened.push(channel);
      await eventually(() => expect(texts).toEqual(["a", "b"]));
      expect(tooEarly).toEqual([]);
    });

    it("go on when one throws", async () => {
      const { broker, log, mailbox, partition } = await scene();
      const texts: string[] = [];
      await broker.consume(mailbox, partition, 100, {
        deliver: ({ frame }) => {
          texts.push(bodyText(frame.body));
          throw new Error("not taken");
        },
        lost: () => expect.unreachable(),
      });
      for (const text of ["a", "b"]) expect(await broker.publish(partition, someFrame(text))).toBe("confirmed");
      await eventually(() => expect(texts).toEqual(["a", "b"]));
      expect(log.lines.join("\n")).toContain("not taken");
    });

    it("are compared with what would be declared, and none is made", async () => {
      const { broker, consume, mailbox } = await scene();
      const four = { ...mailbox, partitions: 4 };
      expect(await broker.checkQueues(four)).toBe(0);
      await consume();
      expect(await broker.checkQueues(four)).toBe(1);
    });

    it("refuse a queue with other properties, and say which and what to do", async () => {
      const { another, consume, mailbox, namespace, partition } = await scene({ maxMailboxBytes: 1_000_000 });
      await consume();
      const { broker: other } = await another({ maxMailboxBytes: 2_000_000 });
      const error: Error = await other.consume(mailbox, partition, 1, new NotingConsumer()).then(
        () => expect.unreachable(),
        (reason) => reason,
      );
      await expect(other.checkQueues(mailbox)).rejects.toEqual(error);
      expect(error).toBeInstanceOf(ConfigError);
      expect(error.message).toBe(
        `queue "actor.${namespace}.${mailbox.name}.g1.00" exists with other properties: x-max-length-bytes is 1000000 ` +
          "there and 2000000 here. Set maxMailboxBytes to what it is there, or delete the queue once it is empty; " +
          "it is declared anew",
      );
    });
  });

  describe("what others publish", () => {
    it("P13: arrives as a frame that settles nothing, and nothing waits behind it", async () => {
      const { broker, consume, mailbox, namespace, partition, telemetry } = await scene();
      const { consumer, channel } = await consume();
      const headers = [undefined, { v: 1, segments: { first: [1, 2] } }, { v: "x", segments: '[["a",1,1e300,0,0]]' }];
      await onPlainChannel(async (plain) => {
        for (const given of headers) {
          plain.publish(`actor.${namespace}`, partition, Buffer.from("hello"), { headers: given });
        }
        await plain.checkQueue(`actor.${namespace}.${mailbox.name}.g1.00`);
      });
      expect(await broker.publish(partition, someFrame("ours"))).toBe("confirmed");
      await eventually(() => expect(consumer.texts).toEqual(["hello", "hello", "hello", "ours"]));
      expect(consumer.deliveries.map(({ frame }) => frame.headers.segments.length)).toEqual([0, 0, 0, 1]);
      expect(telemetry.total("broker.foreign_frames")).toBe(3);
      for (const { tag } of consumer.deliveries) channel.ack(tag);
      expect(consumer.losses).toEqual([]);
    });

    it("P12: is cut when it is larger than any frame, so that it can be buried", async () => {
      const { consume, mailbox, namespace, partition } = await scene();
      const { consumer } = await consume();
      await onPlainChannel(async (plain) => {
        plain.publish(`actor.${namespace}`, partition, Buffer.alloc(3_000_000, "x"));
        await plain.checkQueue(`actor.${namespace}.${mailbox.name}.g1.00`);
      });
      await eventually(() => expect(consumer.deliveries).toHaveLength(1));
      expect(consumer.deliveries[0]!.frame.body.byteLength).toBe(1_048_576);
    });
  });

  it("carries frames of hundreds of streams with long names", async () => {
    const { broker, consume, partition } = await scene();
    const { consumer } = await consume();
    const segments = Array.from({ length: 512 }, (_, index) => ({
      stream: `${"Long".repeat(25)}:g1:${index}`,
      first: 1_700_000_000_000_000 + index,
      count: 1,
      after: 1_600_000_000_000_000,
      settled: 0,
    }));
    const frame: Frame = { headers: { v: 1, segments }, body: someBytes(10_000) };
    expect(await broker.publish(partition, frame)).toBe("confirmed");
    await eventually(() => expect(consumer.deliveries).toHaveLength(1));
    const { headers, body } = consumer.deliveries[0]!.frame;
    expect(headers).toEqual(frame.headers);
    expect(Buffer.compare(body, frame.body)).toBe(0);
  });

  it("keeps two namespaces of one vhost apart", async () => {
    const [one, two] = [await scene(), await scene()];
    const { consumer } = await one.consume();
    expect(await two.broker.publish(one.partition, someFrame("elsewhere"))).toBe("unroutable");
    await one.broker.tie("store-1");
    await two.broker.tie("store-2");
    const { address } = await one.broker.openReplies({ receive: () => expect.unreachable(), reopened: () => {} });
    two.broker.reply(address, someFrame("elsewhere").body);
    expect(two.telemetry.total("actor.replies_dropped")).toBe(1);
    expect(await one.broker.publish(one.partition, someFrame("here"))).toBe("confirmed");
    await eventually(() => expect(consumer.texts).toEqual(["here"]));
  });

  describe("replies", () => {
    it("P12: are dropped and counted past a bound while the network is backed up, and go on afterwards", async () => {
      const { another, broker, proxy, telemetry } = await scene();
      const texts: string[] = [];
      const { broker: other } = await another();
      const { address } = await other.openReplies({
        receive: (body) => body.byteLength < 100 && texts.push(bodyText(body)),
        reopened: () => {},
      });
      proxy.hold(" publish", true);
      const body = new Uint8Array(1024 * 1024);
      for (let number = 0; number < 200; number++) broker.reply(address, body);
      const dropped = telemetry.total("actor.replies_dropped");
      expect(dropped).toBeGreaterThan(100);
      proxy.hold(" publish", false);
      await eventually(() => {
        broker.reply(address, someFrame("afterwards").body);
        expect(texts).toContain("afterwards");
      });
    });

    it("wait while the connection is away, and go when it is back", async () => {
      const { another, broker, proxy, telemetry } = await scene();
      const texts: string[] = [];
      const { broker: other } = await another();
      const { address } = await other.openReplies({
        receive: (body) => texts.push(bodyText(body)),
        reopened: () => expect.unreachable(),
      });
      proxy.cut(" publish");
      await eventually(() => expect(telemetry.total("broker.connections_lost")).toBe(1));
      broker.reply(address, someFrame("meanwhile").body);
      await eventually(() => expect(texts).toEqual(["meanwhile"]));
      expect(telemetry.total("actor.replies_dropped")).toBe(0);
    });

    it("never reach a queue that is no reply queue, whatever address a message gives", async () => {
      const { broker, consume, mailbox, namespace, partition } = await scene();
      const { consumer } = await consume();
      broker.reply(`actor.${namespace}.${mailbox.name}.g1.00`, someFrame("forged").body);
      broker.reply(`actor.${namespace}.replies.${"x".repeat(300)}`, someFrame("forged").body);
      expect(await broker.publish(partition, someFrame("real"))).toBe("confirmed");
      await eventually(() => expect(consumer.texts).toEqual(["real"]));
    });
  });

  describe("dead letters", () => {
    const letters = (...ids: string[]) => someFrame(JSON.stringify(ids.map((id) => ({ id }))));

    it("are found again although their reader has only just gone", async () => {
      const { broker } = await scene();
      for (let number = 0; number < 5; number++) await broker.publish("dead:Account", letters(`s:${number}`));
      for (let round = 0; round < 10; round++) expect(await collect(broker.deadLetters("Account"))).toHaveLength(5);
    });

    it("find their queue anew after an operator has deleted it", async () => {
      const { broker, namespace } = await scene();
      expect(await broker.publish("dead:Account", letters("s:1"))).toBe("confirmed");
      await onPlainChannel((plain) => plain.deleteQueue(`actor.${namespace}.dead.Account`));
      await untilConfirmed(() => broker.publish("dead:Account", letters("s:2")));
      expect((await collect(broker.deadLetters("Account"))).map(({ id }) => id)).toEqual(["s:2"]);
    });

    it("P12: are refused when there is no room for them", async () => {
      const { broker } = await scene({ maxDeadLetterBytes: 100_000 });
      const frame = letters("x".repeat(50_000));
      const outcomes: PublishOutcome[] = [];
      while (outcomes.length < 10 && outcomes.at(-1) !== "refused") {
        outcomes.push(await broker.publish("dead:Account", frame));
      }
      expect(outcomes.at(-1)).toBe("refused");
    });

    it("are read although their bound is another one by now", async () => {
      const { another, broker, log } = await scene({ maxDeadLetterBytes: 100_000 });
      await broker.publish("dead:Account", letters("s:1"));
      const { broker: other } = await another({ maxDeadLetterBytes: 200_000 });
      expect(await other.publish("dead:Account", letters("s:2"))).toBe("confirmed");
      expect(await collect(other.deadLetters("Account"))).toHaveLength(2);
      expect(log.lines).toEqual([]);
    });

    it("P1: taken out of a frame before another of it failed are gone, and the others stay", async () => {
      const { broker } = await scene();
      await broker.publish("dead:Account", letters("s:1", "s:2", "s:3"));
      const taking = broker.takeDeadLetters("Account", async ({ id }) => {
        if (id === "s:2") throw new Error("not now");
        return true;
      });
      await expect(taking).rejects.toThrow("not now");
      expect((await collect(broker.deadLetters("Account"))).map(({ id }) => id)).toEqual(["s:2", "s:3"]);
    });
  });
});
