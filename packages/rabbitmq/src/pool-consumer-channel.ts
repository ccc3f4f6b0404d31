import type { PoolChannel, PoolConsumer, PoolConsumerOptions, PoolDelivery, PoolQueue } from "@actor-runtime/core";
import { type Channel, type ConsumeMessage, IllegalOperationError } from "amqplib";
import { operationError } from "./channel-errors.js";
import { deliveredFrame } from "./delivered-frame.js";
import { Inflow } from "./inflow.js";
import type { Settings } from "./options.js";
import type { Topology } from "./topology.js";

/** What of a pool is to be consumed, and by whom. */
export interface PoolConsumption {
  readonly from: PoolQueue;
  readonly options: PoolConsumerOptions;
  readonly consumer: PoolConsumer;
}

/**
 * One consumer of a pool on an AMQP channel of its own.
 *
 * A consumer of AMQP keeps the prefetch and priority it began with, so an adjusted one is another on the same channel: the new one
 * comes first, because the queue of one worker ends with its last; then the old one is cancelled. What that one was given stays
 * here and can be acked: a channel counts the tags of all its consumers together. To take nothing is to have no consumer: to AMQP
 * a prefetch of 0 is no bound.
 */
export class PoolConsumerChannel implements PoolChannel {
  readonly #channel: Channel;
  readonly #queue: string;
  readonly #inflow: Inflow<PoolDelivery>;
  /** The broker closes a channel that acks a tag twice. */
  readonly #unacked = new Set<number>();
  /** What amqplib wants for an ack, reused. */
  readonly #acked = { fields: { deliveryTag: 0 } } as ConsumeMessage;
  /** amqplib leaves its callers waiting when a connection is lost. */
  readonly #ended: Promise<void>;
  /** `undefined`: nothing is taken. */
  #consumerTag: string | undefined;
  #stopped = false;
  #changes: Promise<void> = Promise.resolve();

  private constructor(settings: Settings, channel: Channel, queue: string, { from, consumer }: PoolConsumption) {
    this.#channel = channel;
    this.#queue = queue;
    this.#ended = new Promise((resolve) => channel.once("close", () => resolve()));
    this.#inflow = new Inflow(settings, channel, from, consumer, (message) => this.#delivered(settings, message));
  }

  /**
   * Declares the pool's queue and consumes it.
   *
   * @param channel a fresh one, nobody else's
   * @throws ConfigError when the queue exists with other properties
   * @throws StoreUnavailableError when the broker cannot do it now
   */
  static async open(
    settings: Settings,
    topology: Topology,
    channel: Channel,
    consumption: PoolConsumption,
  ): Promise<PoolConsumerChannel> {
    const { from, options } = consumption;
    const opened = new PoolConsumerChannel(settings, channel, settings.names.pool(from), consumption);
    try {
      await topology.declarePool(channel, from);
      opened.#consumerTag = await opened.#consume(options);
      opened.#inflow.start();
    } catch (error) {
      await opened.close();
      throw operationError(`${from} cannot be consumed`, error);
    }
    return opened;
  }

  /** At once: room in a small prefetch is what the broker shares messages out by. */
  ack(tag: number): void {
    if (this.#inflow.ended || !this.#unacked.delete(tag)) return;
    this.#acked.fields.deliveryTag = tag;
    try {
      this.#channel.ack(this.#acked);
    } catch (error) {
      // Its connection is ending: the message comes again.
      if (!(error instanceof IllegalOperationError)) throw error;
    }
  }

  adjust(options: PoolConsumerOptions): Promise<void> {
    return this.#change(async () => {
      if (this.#stopped) return;
      const before = this.#consumerTag;
      this.#consumerTag = await this.#consume(options);
      if (before !== undefined) await this.#channel.cancel(before);
    });
  }

  stop(): Promise<void> {
    return this.#change(async () => {
      const before = this.#consumerTag;
      this.#stopped = true;
      this.#consumerTag = undefined;
      if (before !== undefined) await this.#channel.cancel(before);
    });
  }

  close(): Promise<void> {
    return this.#inflow.close();
  }

  /** One at a time. Whatever fails ends the channel, and `lost` says so. */
  #change(change: () => Promise<void>): Promise<void> {
    const changed = this.#changes.then(async () => {
      if (!this.#inflow.ended) await Promise.race([change().catch(() => {}), this.#ended]);
    });
    this.#changes = changed;
    return changed;
  }

  async #consume({ prefetch, priority = 0 }: PoolConsumerOptions): Promise<string | undefined> {
    if (prefetch === 0) return undefined;
    await this.#channel.prefetch(prefetch);
    // The broker names the tag: reused ones could leave messages stuck before 3.12.
    const { consumerTag } = await this.#channel.consume(this.#queue, this.#inflow.receive, { priority });
    return consumerTag;
  }

  #delivered(settings: Settings, message: ConsumeMessage): PoolDelivery {
    const { tag, redelivered, frame } = deliveredFrame(settings, message);
    this.#unacked.add(tag);
    // Only quorum queues count.
    const count: unknown = message.properties.headers?.["x-delivery-count"];
    return { tag, redeliveries: typeof count === "number" ? count : Number(redelivered), frame };
  }
}
