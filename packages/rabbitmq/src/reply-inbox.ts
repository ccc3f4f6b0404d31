import { type Backoff, type Cancel, type ReplyListener, type ReplyQueue, retryDelayMs } from "@actor-runtime/core";
import type { Channel, ChannelModel, ConsumeMessage } from "amqplib";
import { operationError, reasonOf } from "./channel-errors.js";
import { endChannel } from "./end-channel.js";
import type { Settings } from "./options.js";
import type { Topology } from "./topology.js";

/** The broker may still hold the queue for the connection that was lost. */
const backoff: Backoff = { firstMs: 100, maxMs: 2_000 };

/** The queue for answers to this process, made again under the same address after each reconnect. */
export class ReplyInbox implements ReplyQueue {
  readonly address: string;
  readonly #settings: Settings;
  readonly #topology: Topology;
  readonly #listener: ReplyListener;
  readonly #closed: (inbox: ReplyInbox) => void;
  #model: ChannelModel | undefined;
  #channel: Channel | undefined;
  #cancelRetry: Cancel | undefined;
  #failures = 0;

  constructor(settings: Settings, topology: Topology, listener: ReplyListener, closed: (inbox: ReplyInbox) => void) {
    this.address = settings.names.replies(settings.random.id());
    this.#settings = settings;
    this.#topology = topology;
    this.#listener = listener;
    this.#closed = closed;
  }

  /** Opens it for the first time. @throws StoreUnavailableError when the broker cannot do it now */
  async open(model: ChannelModel): Promise<void> {
    this.#model = model;
    await this.#consume(model);
  }

  connected(model: ChannelModel): void {
    this.#model = model;
    this.#failures = 0;
    void this.#reopen();
  }

  disconnected(): void {
    this.#model = undefined;
    this.#channel = undefined;
    this.#cancelRetry?.();
  }

  async close(): Promise<void> {
    const channel = this.#channel;
    this.disconnected();
    this.#closed(this);
    // The queue goes with its only consumer.
    if (channel) await endChannel(channel);
  }

  async #reopen(): Promise<void> {
    const model = this.#model;
    if (!model) return;
    const { clock, log, random } = this.#settings;
    try {
      await this.#consume(model);
    } catch (error) {
      if (this.#model !== model) return;
      const delayMs = retryDelayMs(++this.#failures, backoff, random.next());
      log.warn({ err: error, delayMs }, "the reply queue could not be made again yet");
      this.#cancelRetry = clock.after(delayMs, () => void this.#reopen());
      return;
    }
    if (this.#channel) this.#listener.reopened();
  }

  async #consume(model: ChannelModel): Promise<void> {
    try {
      const channel = await model.createChannel();
      reasonOf(channel);
      await this.#topology.declareReplies(channel, this.address);
      await channel.consume(this.address, (message) => this.#receive(channel, message), { noAck: true });
      if (this.#model !== model) {
        await endChannel(channel);
        return;
      }
      this.#channel = channel;
      channel.once("close", () => this.#ended(channel));
    } catch (error) {
      throw operationError(`reply queue "${this.address}"`, error);
    }
  }

  #receive(channel: Channel, message: ConsumeMessage | null): void {
    if (message === null) {
      void endChannel(channel);
      return;
    }
    try {
      this.#listener.receive(message.content);
    } catch (error) {
      // To amqplib it would be a protocol error, and the end of the channel.
      this.#settings.log.error({ err: error }, "an answer was not taken");
    }
  }

  /** Also without the connection: the queue was deleted. */
  #ended(channel: Channel): void {
    if (this.#channel !== channel) return;
    this.#channel = undefined;
    void this.#reopen();
  }
}
