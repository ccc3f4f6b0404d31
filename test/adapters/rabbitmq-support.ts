import { randomBytes } from "node:crypto";
import type { Logger } from "@actor-runtime/core";
import { RecordingTelemetry, SystemClock, SystemRandom } from "@actor-runtime/embedded";
import { RabbitBroker, type RabbitOptions } from "@actor-runtime/rabbitmq";
import { type Channel, connect } from "amqplib";
import { services } from "../services/services.js";

/** The broker of this test run. */
export const { amqpUrl } = await services();

export function newNamespace(): string {
  return `test-${randomBytes(6).toString("hex")}`;
}

/** A log that keeps its lines. */
export function keepingLog(): Logger & { readonly lines: string[] } {
  const lines: string[] = [];
  const keep = (fields: Readonly<Record<string, unknown>>, line: string) =>
    void lines.push(`${line} ${JSON.stringify({ ...fields, err: (fields["err"] as Error | undefined)?.message })}`);
  return { lines, debug: keep, info: keep, warn: keep, error: keep };
}

export interface Connected {
  readonly broker: RabbitBroker;
  readonly telemetry: RecordingTelemetry;
  readonly log: ReturnType<typeof keepingLog>;
}

export async function connected(options: Partial<RabbitOptions> & { namespace: string }): Promise<Connected> {
  const telemetry = new RecordingTelemetry();
  const log = keepingLog();
  const broker = await RabbitBroker.connect({
    urls: amqpUrl,
    clock: new SystemClock(),
    random: new SystemRandom(),
    telemetry,
    log,
    ...options,
  });
  return { broker, telemetry, log };
}

/** Runs something on a connection of plain amqplib. */
export async function onPlainChannel<T>(work: (channel: Channel) => Promise<T>): Promise<T> {
  const connection = await connect(amqpUrl);
  try {
    const channel = await connection.createChannel();
    channel.on("error", () => {});
    return await work(channel);
  } finally {
    await connection.close();
  }
}

/** Notes the queues these brokers declare from now on, without the namespace before their names. */
export function notingQueues(queues: Set<string>, ...brokers: RabbitBroker[]): void {
  for (const broker of brokers) {
    const consume = broker.consume.bind(broker);
    broker.consume = (mailbox, partition, ...rest) => {
      queues.add(partition.replaceAll(":", "."));
      return consume(mailbox, partition, ...rest);
    };
    const { pools } = broker;
    const consumePool = pools.consume.bind(pools);
    pools.consume = (from, ...rest) => {
      queues.add(from.replace(":", "."));
      return consumePool(from, ...rest);
    };
    const publish = broker.publish.bind(broker);
    broker.publish = (to, frame) => {
      if (to.startsWith("dead:")) queues.add(to.replace(":", "."));
      return publish(to, frame);
    };
  }
}

/** Removes what a namespace left in the broker. */
export async function deleteNamespace(namespace: string, queues: Iterable<string>): Promise<void> {
  await onPlainChannel(async (channel) => {
    for (const queue of [...queues, "store", "undelivered"]) await channel.deleteQueue(`actor.${namespace}.${queue}`);
    await channel.deleteExchange(`actor.${namespace}`);
    await channel.deleteExchange(`actor.${namespace}.undelivered`);
  });
}
