import type { Channel as ActorChannel, Consumer, Delivery, Mailbox, PartitionId } from "@actor-runtime/core";
import { type Channel, type ConsumeMessage, IllegalOperationError } from "amqplib";
import type { AckRounds } from "./ack-rounds.js";
import { operationError, reasonOf } from "./channel-errors.js";
import { deliveredFrame } from "./delivered-frame.js";
import { endChannel } from "./end-channel.js";
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

/** `starting`: deliveries are kept until the caller has its channel, or its first acks would find none. */
type State = "opening" | "starting" | "open" | "ended";

/** The consumer of one partition on an AMQP channel of its own. Once ended it delivers nothing, and acks go nowhere. */
export class PartitionChannel implements ActorChannel {
  readonly #settings: Settings;
  readonly #channel: Channel;
  readonly #partition: PartitionId;
  readonly #consumer: Consumer;
  readonly #reason: { readonly error: Error | undefined };
  readonly #early: Delivery[] = [];
  readonly #settled = new SettledTags();
  /** So many settled frames are acked without waiting for more. */
  readonly #ackAtOnce: number;
  readonly #rounds: AckRounds;
  /** What amqplib wants for an ack, reused. */
  readonly #acked = { fields: { deliveryTag: 0 } } as ConsumeMessage;
  #state: State = "opening";
  #closing: Promise<void> | undefined;

  private constructor(
    settings: Settings,
    rounds: AckRounds,
    channel: Channel,
    { partition, prefetch, consumer }: Consumption,
  ) {
    this.#settings = settings;
    this.#rounds = rounds;
    this.#channel = channel;
    this.#partition = partition;
    this.#consumer = consumer;
    this.#ackAtOnce = Math.ceil(prefetch / 8);
    this.#reason = reasonOf(channel);
    channel.once("close", () => this.#lose(this.#reason.error ?? new Error("the connection to RabbitMQ was lost")));
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
      await channel.consume(queue, (message) => opened.#receive(message));
      opened.#start();
    } catch (error) {
      await opened.close();
      throw operationError(`partition ${partition} cannot be consumed`, error);
    }
    return opened;
  }

  ack(tag: number): void {
    if (this.#state === "ended") return;
    this.#settled.add(tag);
    if (this.#settled.pending >= this.#ackAtOnce) this.#ackSettled();
    else if (this.#settled.pending === 1) this.#rounds.join(this.#ackSettled);
  }

  close(): Promise<void> {
    if (this.#state !== "ended") {
      this.#ackSettled();
      this.#state = "ended";
      this.#closing = endChannel(this.#channel);
    }
    return this.#closing ?? Promise.resolve();
  }

  readonly #ackSettled = (): void => {
    if (this.#state === "ended") return;
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

  #start(): void {
    if (this.#state === "ended") throw this.#reason.error ?? new Error("the channel was lost");
    this.#state = "starting";
    setImmediate(() => {
      if (this.#state !== "starting") return;
      this.#state = "open";
      for (const delivery of this.#early.splice(0)) this.#deliver(delivery);
    });
  }

  #receive(message: ConsumeMessage | null): void {
    if (this.#state === "ended") return;
    if (message === null) {
      this.#lose(new Error("RabbitMQ cancelled the consumer: its queue was deleted, moved or timed out"));
      this.#closing = endChannel(this.#channel);
      return;
    }
    const { delivery, ours } = deliveredFrame(message);
    if (!ours) this.#settings.telemetry.count("broker.foreign_frames", 1);
    if (this.#state === "open") this.#deliver(delivery);
    else this.#early.push(delivery);
  }

  #deliver(delivery: Delivery): void {
    // An earlier one may have ended it.
    if (this.#state === "ended") return;
    try {
      this.#consumer.deliver(delivery);
    } catch (error) {
      // To amqplib it would be a protocol error, and the end of the channel.
      this.#settings.log.error({ err: error, partition: this.#partition }, "a delivered frame was not taken");
    }
  }

  #lose(reason: Error): void {
    if (this.#state === "ended") return;
    // While it opens, `open` says so.
    const inUse = this.#state !== "opening";
    this.#state = "ended";
    if (!inUse) return;
    const { log, telemetry } = this.#settings;
    telemetry.count("broker.channels_lost", 1);
    // Whoever consumes says what it means.
    log.debug({ partition: this.#partition, reason: reason.message }, "a partition's channel was lost");
    this.#consumer.lost(reason);
  }
}
