import type { Logger } from "@actor-runtime/core";
import type { ChannelModel } from "amqplib";
import { reasonOf } from "./channel-errors.js";
import { Confirming, type Publication } from "./confirming.js";

/** One of the pool's channels: made anew when it ends. What comes while there is none waits, and is sent once or never. */
export class PublishChannel {
  readonly #exchange: string;
  readonly #log: Logger;
  #model: ChannelModel | undefined;
  #current: Confirming | undefined;
  /** The connection on which a channel is being opened. */
  #opening: ChannelModel | undefined;
  #waiting: Publication[] = [];

  constructor(exchange: string, log: Logger) {
    this.#exchange = exchange;
    this.#log = log;
  }

  /** Nobody waits for an outcome. */
  get idle(): boolean {
    return this.#waiting.length === 0 && (this.#current?.idle ?? true);
  }

  publish(publication: Publication): void {
    if (this.#current) {
      this.#current.send(publication);
      return;
    }
    this.#waiting.push(publication);
    this.#open();
  }

  connected(model: ChannelModel): void {
    this.#model = model;
    if (this.#waiting.length > 0) this.#open();
  }

  disconnected(): void {
    this.#model = undefined;
    this.#current?.end();
  }

  /** Gives up what has waited for a channel since before this time: it was not sent, and will not be. */
  expireWaiting(before: number): void {
    const late = this.#waiting.filter(({ since }) => since < before);
    if (late.length === 0) return;
    this.#waiting = this.#waiting.filter(({ since }) => since >= before);
    for (const { settle } of late) settle("lost");
  }

  /**
   * Closes the channel when something sent before this time is unconfirmed: it may have lost it for good, and would keep
   * everything after it.
   *
   * @returns whether it was closed
   */
  expireUnconfirmed(before: number): boolean {
    if (!this.#current?.overdue(before)) return false;
    this.#current.close();
    return true;
  }

  close(): void {
    this.#model = undefined;
    this.expireWaiting(Number.POSITIVE_INFINITY);
    this.#current?.close();
  }

  #open(): void {
    const model = this.#model;
    if (!model || this.#opening === model) return;
    this.#opening = model;
    void this.#openOn(model);
  }

  async #openOn(model: ChannelModel): Promise<void> {
    try {
      const channel = await model.createConfirmChannel();
      const reason = reasonOf(channel);
      if (this.#model !== model) return;
      this.#current = new Confirming(channel, this.#exchange, (ended) => {
        if (this.#current === ended) this.#current = undefined;
        const { error } = reason;
        if (error) this.#log.warn({ err: error }, "RabbitMQ closed a publishing channel; it is made anew");
      });
    } catch (error) {
      // With the connection, which tells when it is back; or all channels are taken, and what waits expires.
      this.#log.warn({ err: error }, "no publishing channel could be opened");
      return;
    } finally {
      if (this.#opening === model) this.#opening = undefined;
    }
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const publication of waiting) this.publish(publication);
  }
}
