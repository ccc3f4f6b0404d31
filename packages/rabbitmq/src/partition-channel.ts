import type { Channel as ActorChannel, Consumer, Delivery, Mailbox, PartitionId } from "@actor-runtime/core";
import { type Channel, type ConsumeMessage, IllegalOperationError } from "amqplib";
import type { AckRounds } from "./ack-rounds.js";
import { operationError } from "./channel-errors.js";
import { deliveredFrame } from "./delivered-frame.js";
import { Inflow } from "./inflow.js";
import type { Settings } from "./options.js";
import { SettledTags } from "./settled-tags.js";
import type { Topology } from "./topology.js";

/** What is to be consumed, and by whom. */
export interface Consumption {
  readonly mailbox: Mailbox;
  readonly partition: PartitionId;
  readonly prefetch: number;
  readonly consumer: Consumer;
}

/** The consumer of one partition on an AMQP channel of its own. Once ended it delivers nothing, and acks go nowhere. */
export class PartitionChannel implements ActorChannel {
  readonly #channel: Channel;
  readonly #inflow: Inflow<Delivery>;
  readonly #settled = new SettledTags();
  /** So many settled frames are acked without waiting for more. */
  readonly #ackAtOnce: number;
  readonly #rounds: AckRounds;
  /** What amqplib wants for an ack, reused. */
  readonly #acked = { fields: { deliveryTag: 0 } } as ConsumeMessage;

  private constructor(
    settings: Settings,
    rounds: AckRounds,
    channel: Channel,
    { partition, prefetch, consumer }: Consumption,
  ) {
    this.#rounds = rounds;
    this.#channel = channel;
    this.#ackAtOnce = Math.ceil(prefetch / 8);
    this.#inflow = new Inflow(settings, channel, partition, consumer, (message) => deliveredFrame(settings, message));
  }

  /**
   * Declares the partition's queue and consumes it.
   *
   * @param channel a fresh one, nobody else's
   * @throws ConfigError when the queue exists with other properties
   * @throws StoreUnavailableError when the broker cannot do it now
   */
  static async open(
    settings: Settings,
    topology: Topology,
    rounds: AckRounds,
    channel: Channel,
    consumption: Consumption,
  ): Promise<PartitionChannel> {
    const opened = new PartitionChannel(settings, rounds, channel, consumption);
    const { mailbox, partition, prefetch } = consumption;
    try {
      const queue = await topology.declarePartition(channel, mailbox, partition);
      await channel.prefetch(prefetch);
      // The broker names the tag: reused ones could leave messages stuck before 3.12.
      await channel.consume(queue, opened.#inflow.receive);
      opened.#inflow.start();
    } catch (error) {
      await opened.close();
      throw operationError(`partition ${partition} cannot be consumed`, error);
    }
    return opened;
  }

  ack(tag: number): void {
    if (this.#inflow.ended) return;
    this.#settled.add(tag);
    if (this.#settled.pending >= this.#ackAtOnce) this.#ackSettled();
    else if (this.#settled.pending === 1) this.#rounds.join(this.#ackSettled);
  }

  close(): Promise<void> {
    this.#ackSettled();
    return this.#inflow.close();
  }

  readonly #ackSettled = (): void => {
    if (this.#inflow.ended) return;
    try {
      this.#settled.take(this.#ackTag);
    } catch (error) {
      // Its connection is ending: the frames come again.
      if (!(error instanceof IllegalOperationError)) throw error;
    }
  };

  readonly #ackTag = (tag: number, allUpTo: boolean): void => {
    this.#acked.fields.deliveryTag = tag;
    this.#channel.ack(this.#acked, allUpTo);
  };
}
