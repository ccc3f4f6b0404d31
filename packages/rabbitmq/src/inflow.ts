import type { Channel, ConsumeMessage } from "amqplib";
import { reasonOf } from "./channel-errors.js";
import { endChannel } from "./end-channel.js";
import type { Settings } from "./options.js";

/** Who is given what comes on a channel. */
export interface Taker<D> {
  deliver(delivery: D): void;
  lost(reason: Error): void;
}

/** `starting`: deliveries are kept until the caller has its channel, or its first acks would find none. */
type State = "opening" | "starting" | "open" | "ended";

/** What comes on one AMQP channel, until its end: closed by its owner, or lost, which its taker learns once. */
export class Inflow<D> {
  readonly #settings: Settings;
  readonly #channel: Channel;
  readonly #source: string;
  readonly #taker: Taker<D>;
  readonly #read: (message: ConsumeMessage) => D;
  readonly #reason: { readonly error: Error | undefined };
  readonly #early: D[] = [];
  #state: State = "opening";
  #closing: Promise<void> | undefined;

  /** @param source what is consumed, for the log */
  constructor(
    settings: Settings,
    channel: Channel,
    source: string,
    taker: Taker<D>,
    read: (message: ConsumeMessage) => D,
  ) {
    this.#settings = settings;
    this.#channel = channel;
    this.#source = source;
    this.#taker = taker;
    this.#read = read;
    this.#reason = reasonOf(channel);
    channel.once("close", () => this.#lose(this.#reason.error ?? new Error("the connection to RabbitMQ was lost")));
  }

  get ended(): boolean {
    return this.#state === "ended";
  }

  /** The consumer is there: delivers as soon as the caller knows. @throws why the channel was lost meanwhile */
  start(): void {
    if (this.#state === "ended") throw this.#reason.error ?? new Error("the channel was lost");
    this.#state = "starting";
    setImmediate(() => {
      if (this.#state !== "starting") return;
      this.#state = "open";
      for (const delivery of this.#early.splice(0)) this.#deliver(delivery);
    });
  }

  readonly receive = (message: ConsumeMessage | null): void => {
    if (this.#state === "ended") return;
    if (message === null) {
      this.#lose(new Error("RabbitMQ cancelled the consumer: its queue was deleted, moved or timed out"));
      this.#closing = endChannel(this.#channel);
      return;
    }
    const delivery = this.#read(message);
    if (this.#state === "open") this.#deliver(delivery);
    else this.#early.push(delivery);
  };

  /** Closes the channel; nothing is delivered from here on. */
  close(): Promise<void> {
    if (this.#state !== "ended") {
      this.#state = "ended";
      this.#closing = endChannel(this.#channel);
    }
    return this.#closing ?? Promise.resolve();
  }

  #deliver(delivery: D): void {
    // An earlier one may have ended it.
    if (this.#state === "ended") return;
    try {
      this.#taker.deliver(delivery);
    } catch (error) {
      // To amqplib it would be a protocol error, and the end of the channel.
      this.#settings.log.error({ err: error, source: this.#source }, "a delivered frame was not taken");
    }
  }

  #lose(reason: Error): void {
    if (this.#state === "ended") return;
    // While it opens, whoever opens it says so.
    const inUse = this.#state !== "opening";
    this.#state = "ended";
    if (!inUse) return;
    const { log, telemetry } = this.#settings;
    telemetry.count("broker.channels_lost", 1);
    // Whoever consumes says what it means.
    log.debug({ source: this.#source, reason: reason.message }, "a consumer's channel was lost");
    this.#taker.lost(reason);
  }
}
