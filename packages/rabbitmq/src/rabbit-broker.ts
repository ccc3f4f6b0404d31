import {
  type Broker,
  type Channel,
  type Consumer,
  type DeadLetter,
  type Destination,
  type Frame,
  type Mailbox,
  type PartitionId,
  type PublishOutcome,
  type ReplyListener,
  type ReplyQueue,
} from "@actor-runtime/core";
import type { ChannelModel } from "amqplib";
import { closedError } from "./channel-errors.js";
import { checkQueues } from "./check-queues.js";
import { ConfirmPool } from "./confirm-pool.js";
import { Connection } from "./connection.js";
import { Consumers } from "./consumers.js";
import { DeadLetterReader, lettersOf, takeLetters } from "./dead-letters.js";
import { DeadQueues } from "./dead-queues.js";
import { type RabbitOptions, type Settings, settingsOf } from "./options.js";
import { RabbitPools } from "./rabbit-pools.js";
import { ReplyInbox } from "./reply-inbox.js";
import { ReplySender } from "./reply-sender.js";
import { onThrowaway } from "./throwaway.js";
import { Topology } from "./topology.js";
import { within } from "./within.js";

/** What the server says of itself, for example `{ product: "RabbitMQ", version: "4.1.5" }`. */
export type ServerProperties = Readonly<Record<string, unknown>>;

/** Bound of closing the channels: a blocked or silent broker does not answer. */
const farewellMs = 2_000;

/**
 * The `Broker` port on RabbitMQ 3.10 to 4.x.
 *
 * Two connections: the broker stops reading one that has published when it runs short of memory or disk, and acks must get
 * through even then.
 *
 * @example
 * const broker = await RabbitBroker.connect({ urls: "amqp://localhost", namespace: "shop", clock, random, telemetry, log });
 */
export class RabbitBroker implements Broker {
  readonly name = "rabbitmq";
  readonly pools: RabbitPools;
  readonly #settings: Settings;
  readonly #topology: Topology;
  readonly #publishing: Connection;
  /** Consumes, and declares: what it asks for is answered also while publishing is blocked. */
  readonly #consuming: Connection;
  readonly #confirms: ConfirmPool;
  /** Channels of their own: a queue slows a channel with many unconfirmed messages, and pools have many. */
  readonly #poolConfirms: ConfirmPool;
  readonly #dead: DeadQueues;
  readonly #replySender: ReplySender;
  readonly #replies = new Set<ReplyInbox>();
  readonly #consumers: Consumers;
  #declared: Promise<void> = Promise.resolve();
  #serverProperties: ServerProperties = {};
  #closing: Promise<void> | undefined;

  private constructor(settings: Settings) {
    const { log, names, telemetry } = settings;
    this.#settings = settings;
    this.#topology = new Topology(settings);
    this.#confirms = new ConfirmPool(settings);
    let sent = 0;
    this.#poolConfirms = new ConfirmPool(settings, () => sent++);
    this.#replySender = new ReplySender(names, telemetry);
    this.#publishing = new Connection(settings, "publish", {
      connected: (model) => {
        this.#confirms.connected(model);
        this.#poolConfirms.connected(model);
        this.#replySender.connected(model);
      },
      disconnected: () => {
        this.#confirms.disconnected();
        this.#poolConfirms.disconnected();
        this.#replySender.disconnected();
      },
      blocked: (on) => {
        this.#confirms.blocked(on);
        this.#poolConfirms.blocked(on);
      },
    });
    this.#consuming = new Connection(settings, "consume", {
      connected: (model) => this.#connected(model),
      disconnected: () => {
        this.#dead.disconnected();
        for (const inbox of this.#replies) inbox.disconnected();
      },
    });
    this.#dead = new DeadQueues(this.#confirms, this.#consuming, this.#topology, log);
    this.#consumers = new Consumers(settings, this.#topology, this.#consuming);
    this.pools = new RabbitPools(this.#poolConfirms, this.#consumers, () => {
      if (this.#closing) throw closedError();
    });
  }

  /**
   * Connects to the first server that answers, and declares the namespace's exchanges. Later losses mend themselves.
   *
   * @throws ConfigError when an option is wrong, or the server refuses user, vhost, certificate or declarations
   * @throws StoreUnavailableError when no server can be reached
   */
  static async connect(options: RabbitOptions): Promise<RabbitBroker> {
    const broker = new RabbitBroker(settingsOf(options));
    try {
      await broker.#consuming.open();
      await broker.#declared;
      await broker.#publishing.open();
    } catch (error) {
      await broker.close();
      throw error;
    }
    return broker;
  }

  /** Of the server connected to last. */
  get serverProperties(): ServerProperties {
    return this.#serverProperties;
  }

  publish(to: Destination, frame: Frame): Promise<PublishOutcome> {
    if (this.#closing) return Promise.reject(closedError());
    return DeadQueues.holds(to) ? this.#dead.publish(to, frame) : this.#confirms.publish(to, frame);
  }

  consume(mailbox: Mailbox, partition: PartitionId, prefetch: number, consumer: Consumer): Promise<Channel> {
    if (this.#closing) return Promise.reject(closedError());
    return this.#consumers.open({ mailbox, partition, prefetch, consumer });
  }

  async openReplies(listener: ReplyListener): Promise<ReplyQueue> {
    const inbox = new ReplyInbox(this.#settings, this.#topology, listener, (closed) => this.#replies.delete(closed));
    // Before it is open: it may have to be opened anew while it is.
    this.#replies.add(inbox);
    try {
      await inbox.open(this.#consuming.model);
    } catch (error) {
      await inbox.close();
      throw error;
    }
    return inbox;
  }

  reply(to: string, body: Uint8Array): void {
    this.#replySender.send(to, body);
  }

  async *deadLetters(type: string): AsyncGenerator<DeadLetter> {
    const reader = await this.#readDead(type);
    for await (const message of reader.frames()) yield* lettersOf(message);
  }

  async takeDeadLetters(type: string, take: (letter: DeadLetter) => Promise<boolean>): Promise<void> {
    const reader = await this.#readDead(type);
    await takeLetters(reader, take, (frame) => this.publish(`dead:${type}`, frame));
  }

  async tie(storeId: string, adopt = false): Promise<void> {
    await onThrowaway(this.#consuming, async (channel) => {
      if (adopt) await channel.deleteQueue(this.#settings.names.store);
      await this.#topology.declareTie(channel, storeId);
    });
  }

  /**
   * For a check of the installation: whether the queues of a mailbox that exist have the arguments a worker would declare.
   *
   * @returns how many exist
   * @throws ConfigError naming the first that differs, with the fix
   */
  checkQueues(mailbox: Mailbox): Promise<number> {
    return checkQueues(this.#consuming, this.#topology, this.#settings.names, mailbox);
  }

  /** Returns unacked frames, sends the answers under way, ends the connections: within a few seconds in any case. */
  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async #close(): Promise<void> {
    this.#confirms.close();
    this.#poolConfirms.close();
    const farewells = [this.#consumers.close(), this.#replySender.close()];
    for (const inbox of this.#replies) farewells.push(inbox.close());
    await within(farewellMs, this.#settings.clock, Promise.all(farewells));
    await Promise.all([this.#publishing.close(), this.#consumers.disconnect(), this.#consuming.close()]);
  }

  #connected(model: ChannelModel): void {
    this.#serverProperties = model.connection.serverProperties;
    this.#declared = onThrowaway(this.#consuming, (channel) => this.#topology.declareExchanges(channel));
    this.#declared.catch((error: unknown) => {
      this.#settings.log.warn({ err: error }, "the exchanges could not be declared");
    });
    for (const inbox of this.#replies) inbox.connected(model);
  }

  #readDead(type: string): Promise<DeadLetterReader> {
    const { clock, names } = this.#settings;
    return DeadLetterReader.open(
      this.#consuming.model,
      names.dead(type),
      (ms) => new Promise((resolve) => clock.after(ms, resolve)),
    );
  }
}
