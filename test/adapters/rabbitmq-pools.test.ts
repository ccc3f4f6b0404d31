import {
  ConfigError,
  type PoolChannel,
  type PoolQueue,
  type PublishOutcome,
  poolQueue,
  StoreUnavailableError,
} from "@actor-runtime/core";
import type { RabbitOptions } from "@actor-runtime/rabbitmq";
import { afterEach, describe, expect, it } from "vitest";
import { NotingPoolConsumer } from "../contracts/noting-pool-consumer.js";
import { bodyText, eventually, someFrame } from "../contracts/samples.js";
import { RabbitProcess } from "../services/rabbitmq-process.js";
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

const shared = poolQueue("Resize");
const own = poolQueue("Resize", "worker.1");

/** A worker behind a proxy, in a namespace of its own. */
interface Scene extends Connected {
  readonly namespace: string;
  readonly proxy: AmqpProxy;
  readonly consume: (from?: PoolQueue) => Promise<{ consumer: NotingPoolConsumer; channel: PoolChannel }>;
  readonly send: (text: string, to?: PoolQueue) => Promise<PublishOutcome>;
  /** Another process, without the proxy. */
  readonly another: (options?: Partial<RabbitOptions>) => Promise<Connected>;
}

describe("RabbitMQ: pools", () => {
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
    const another = async (further: Partial<RabbitOptions> = {}): Promise<Connected> => {
      const process = await connected({ namespace, ...options, ...further });
      notingQueues(queues, process.broker);
      cleanups.push(() => process.broker.close());
      return process;
    };
    const one = await another({ urls: proxy.url });
    const { pools } = one.broker;
    return {
      ...one,
      namespace,
      proxy,
      another,
      consume: async (from = shared) => {
        const consumer = new NotingPoolConsumer();
        return { consumer, channel: await pools.consume(from, { prefetch: 10 }, consumer) };
      },
      send: (text, to = shared) => pools.send(to, someFrame(text)),
    };
  }

  it("of two namespaces in one vhost do not meet", async () => {
    const [one, two] = [await scene(), await scene()];
    const { consumer } = await one.consume();
    const mine = await one.consume(own);
    expect(await two.send("elsewhere")).toBe("unroutable");
    expect(await two.send("elsewhere", own)).toBe("unroutable");
    await two.consume(own);
    expect(await one.send("here")).toBe("confirmed");
    expect(await one.send("mine", own)).toBe("confirmed");
    await eventually(() => expect([consumer.texts, mine.consumer.texts]).toEqual([["here"], ["mine"]]));
  });

  it("find messages that were there before them only once they have their channel", async () => {
    const { another, consume, send } = await scene();
    await (await consume()).channel.close();
    for (const text of ["a", "b"]) expect(await send(text)).toBe("confirmed");
    const { broker } = await another();
    const acked: string[] = [];
    const channel: PoolChannel = await broker.pools.consume(
      shared,
      { prefetch: 10 },
      {
        deliver: ({ frame, tag }) => {
          channel.ack(tag);
          acked.push(bodyText(frame.body));
        },
        lost: () => expect.unreachable(),
      },
    );
    await eventually(() => expect(acked.toSorted()).toEqual(["a", "b"]));
  });

  it("are lost once when their queue is deleted, and adjusting or stopping them then does no harm", async () => {
    const { consume, namespace } = await scene();
    const { consumer, channel } = await consume();
    await onPlainChannel((plain) => plain.deleteQueue(`actor.${namespace}.pool.Resize`));
    await eventually(() => expect(consumer.losses).toHaveLength(1));
    await channel.adjust({ prefetch: 3 });
    await channel.stop();
    await channel.close();
    expect(consumer.losses).toHaveLength(1);
  });

  it("do not keep anybody waiting who adjusts them while the connection is lost", async () => {
    const { consume, proxy } = await scene();
    const { consumer, channel } = await consume();
    proxy.hold(" consume", true);
    const adjusting = channel.adjust({ prefetch: 3 });
    proxy.cut(" consume");
    await adjusting;
    await eventually(() => expect(consumer.losses).toHaveLength(1));
  });

  it("refuse a shared queue with other properties, and say which and what to do", async () => {
    const { another, consume, namespace } = await scene({ maxMailboxBytes: 1_000_000 });
    await consume();
    const { broker } = await another({ maxMailboxBytes: 2_000_000 });
    const consuming = broker.pools.consume(shared, { prefetch: 1 }, new NotingPoolConsumer());
    await expect(consuming).rejects.toThrow(ConfigError);
    await expect(consuming).rejects.toThrow(
      `queue "actor.${namespace}.pool.Resize" exists with other properties: x-max-length-bytes is 1000000 there`,
    );
  });

  it("do not share the queue of one worker with another connection, which may have its name by a mistake", async () => {
    const { another, consume, send } = await scene();
    const { consumer } = await consume(own);
    const { broker } = await another();
    const consuming = broker.pools.consume(own, { prefetch: 1 }, new NotingPoolConsumer());
    await expect(consuming).rejects.toThrow(StoreUnavailableError);
    expect(await send("a", own)).toBe("confirmed");
    await eventually(() => expect(consumer.texts).toEqual(["a"]));
  });

  it("S4: lose a message whose confirm does not come in time, and take it later", async () => {
    const { consume, proxy, send, telemetry } = await scene({ confirmTimeoutMs: 400 });
    const { consumer, channel } = await consume();
    consumer.onDeliver = ({ tag }) => channel.ack(tag);
    // Messages take turns on eight channels, which are opened by the first of each.
    for (let number = 0; number < 8; number += 1) expect(await send("a")).toBe("confirmed");
    proxy.hold(" publish", true);
    expect(await Promise.all([send("b"), send("c")])).toEqual(["lost", "lost"]);
    expect(telemetry.total("broker.confirm_timeouts")).toBeGreaterThan(0);
    proxy.hold(" publish", false);
    await eventually(async () => expect(await send("d")).toBe("confirmed"));
    await eventually(() => expect(consumer.texts).toContain("d"));
  });

  it("S4: give a message all the time it needs while RabbitMQ blocks publishing", async () => {
    const { consume, proxy, send, telemetry } = await scene({ confirmTimeoutMs: 200 });
    await consume();
    await eventually(async () => expect(await send("a")).toBe("confirmed"));
    proxy.block(" publish", true);
    await eventually(() => expect(telemetry.total("broker.blocked")).toBe(1));
    const outcomes: PublishOutcome[] = [];
    const sending = send("b").then((outcome) => outcomes.push(outcome));
    const until = performance.now() + 500;
    await eventually(() => expect(performance.now()).toBeGreaterThan(until));
    expect(outcomes).toEqual([]);
    proxy.block(" publish", false);
    await sending;
    expect(outcomes).toEqual(["confirmed"]);
  });

  it("P1: deliver every message that was confirmed, though RabbitMQ is restarted meanwhile", async () => {
    await using rabbit = await RabbitProcess.start();
    const namespace = newNamespace();
    const [one, two] = await Promise.all([
      connected({ namespace, urls: rabbit.url }),
      connected({ namespace, urls: rabbit.url }),
    ]);
    const arrived = new Set<string>();
    for (const { broker } of [one, two]) await consumeForGood(broker, arrived);

    const confirmed: string[] = [];
    const sendSome = async (first: number, until: number): Promise<void> => {
      for (let number = first; number < until; number += 1) {
        const text = `message ${number}`;
        const outcome = await one.broker.pools.send(shared, someFrame(text));
        if (outcome === "confirmed") confirmed.push(text);
        else number -= 1;
      }
    };
    const sending = Promise.all(Array.from({ length: 20 }, (_, sender) => sendSome(sender * 50, sender * 50 + 50)));
    await eventually(() => expect(confirmed.length).toBeGreaterThan(200));
    // Not killed: RabbitMQ 3.10 forgets a queue that it is killed within half a second of declaring, with all in it.
    await rabbit.restart({ kill: false });
    await sending;
    expect(confirmed).toHaveLength(1_000);
    await eventually(() => expect(confirmed.filter((text) => !arrived.has(text))).toEqual([]));
    await Promise.all([one.broker.close(), two.broker.close()]);
  }, 60_000);
});

/** Consumes anew whenever the channel is lost, and acks everything. */
async function consumeForGood(broker: Connected["broker"], arrived: Set<string>): Promise<void> {
  const again = (): Promise<void> =>
    consumeForGood(broker, arrived).catch((error: unknown) => {
      if (error instanceof StoreUnavailableError) return new Promise((resolve) => setTimeout(resolve, 50)).then(again);
      return undefined;
    });
  const channel: PoolChannel = await broker.pools.consume(
    shared,
    { prefetch: 20 },
    {
      deliver: ({ frame, tag }) => {
        arrived.add(bodyText(frame.body));
        channel.ack(tag);
      },
      lost: () => void again(),
    },
  );
}
