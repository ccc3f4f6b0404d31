import type { Destination, Frame, PublishOutcome } from "@actor-runtime/core";
import { type ConfirmChannel, IllegalOperationError } from "amqplib";
import { encodeFrame } from "./frame-headers.js";

/** A frame whose outcome its caller waits for. */
export interface Publication {
  readonly to: Destination;
  readonly frame: Frame;
  readonly settle: (outcome: PublishOutcome) => void;
  /** By the pool's time: when it came, then when it was sent. */
  since: number;
  /** The broker sent it back, which it does before it confirms. */
  returned: boolean;
}

/** One confirm channel, from its opening to its end. After its end it does nothing, so no late confirm reaches anybody. */
export class Confirming {
  readonly #channel: ConfirmChannel;
  readonly #exchange: string;
  readonly #ended: (channel: Confirming) => void;
  /** By delivery tag, oldest first. */
  readonly #unconfirmed = new Map<number, Publication>();
  #lastTag = 0;
  #open = true;

  /** @param ended called once, before the open publications learn that they are lost */
  constructor(channel: ConfirmChannel, exchange: string, ended: (channel: Confirming) => void) {
    this.#channel = channel;
    this.#exchange = exchange;
    this.#ended = ended;
    channel.on("ack", ({ deliveryTag, multiple }) => this.#settle(deliveryTag, multiple, "confirmed"));
    channel.on("nack", ({ deliveryTag, multiple }) => this.#settle(deliveryTag, multiple, "refused"));
    channel.on("return", ({ properties }) => this.#returned(Number(properties.messageId)));
    channel.once("close", () => this.end());
  }

  get idle(): boolean {
    return this.#unconfirmed.size === 0;
  }

  send(publication: Publication): void {
    const { to, frame } = publication;
    const { buffer, byteOffset, byteLength } = frame.body;
    const { headers, content } = encodeFrame(frame.headers, Buffer.from(buffer, byteOffset, byteLength));
    const tag = this.#lastTag + 1;
    // No priority: it would break the order on RabbitMQ 4. No expiration: it would lose messages.
    const options = { mandatory: true, persistent: true, messageId: String(tag), headers };
    try {
      this.#channel.publish(this.#exchange, to, content, options);
    } catch (error) {
      // It throws on a channel that has just ended, before anything is sent.
      if (!(error instanceof IllegalOperationError)) throw error;
      publication.settle("lost");
      this.end();
      return;
    }
    this.#lastTag = tag;
    this.#unconfirmed.set(tag, publication);
  }

  /** Whether something sent before this time is not confirmed yet. */
  overdue(before: number): boolean {
    for (const { since } of this.#unconfirmed.values()) return since < before;
    return false;
  }

  /** Whatever is unconfirmed now is lost: a confirm that still comes is not heard. */
  end(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#ended(this);
    for (const { settle } of this.#unconfirmed.values()) settle("lost");
    this.#unconfirmed.clear();
  }

  /** S4: closes the channel first, so that the broker confirms nothing more, then gives up what is unconfirmed. */
  close(): void {
    // A channel that has just ended refuses; one of a silent broker never answers, and ends with its connection.
    this.#channel.close().catch(() => {});
    this.end();
  }

  #settle(tag: number, multiple: boolean, outcome: PublishOutcome): void {
    if (!multiple) {
      this.#settleOne(tag, outcome);
      return;
    }
    for (const earlier of this.#unconfirmed.keys()) {
      if (earlier > tag) break;
      this.#settleOne(earlier, outcome);
    }
  }

  #settleOne(tag: number, outcome: PublishOutcome): void {
    const publication = this.#unconfirmed.get(tag);
    if (!publication) return;
    this.#unconfirmed.delete(tag);
    publication.settle(publication.returned ? "unroutable" : outcome);
  }

  #returned(tag: number): void {
    const publication = this.#unconfirmed.get(tag);
    if (publication) publication.returned = true;
  }
}
