import type { Telemetry } from "@actor-runtime/core";
import { type Channel, type ChannelModel, IllegalOperationError } from "amqplib";
import { reasonOf } from "./channel-errors.js";
import type { ConnectionUser } from "./connection.js";
import type { Names } from "./names.js";

/** From so many writes that the socket has not taken, bytes count against the bound. */
const bufferedWrites = 64;
/** The most bytes of answers that wait while the socket is away, backed up or blocked (P12). */
const maxBufferedBytes = 16 * 1024 * 1024;

interface Answer {
  readonly to: string;
  readonly content: Buffer;
}

/**
 * Sends answers once, unconfirmed (delivery.md S8): what is too much is dropped, and its caller asks again. While the connection
 * is away they wait, for deliveries and commits go on without it: too many callers would have to ask again at once.
 */
export class ReplySender implements ConnectionUser {
  readonly #names: Names;
  readonly #telemetry: Telemetry;
  #model: ChannelModel | undefined;
  #channel: Channel | undefined;
  #backedUp = false;
  #bufferedBytes = 0;
  /** For a channel. */
  readonly #waiting: Answer[] = [];

  constructor(names: Names, telemetry: Telemetry) {
    this.#names = names;
    this.#telemetry = telemetry;
  }

  connected(model: ChannelModel): void {
    this.#model = model;
    void this.#open(model);
  }

  disconnected(): void {
    // What it had not taken yet is lost with it.
    if (this.#channel) this.#emptied();
    this.#model = undefined;
    this.#channel = undefined;
  }

  send(to: string, body: Uint8Array): void {
    const held = this.#backedUp || this.#channel === undefined;
    const full = held && this.#bufferedBytes + body.byteLength > maxBufferedBytes;
    if (full || !this.#names.isReplies(to)) {
      this.#dropped();
      return;
    }
    const content = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
    if (this.#channel) {
      this.#publish(this.#channel, { to, content });
    } else {
      this.#waiting.push({ to, content });
      this.#bufferedBytes += content.byteLength;
    }
  }

  /** Waits until what was sent has left. */
  async close(): Promise<void> {
    const channel = this.#channel;
    this.disconnected();
    await channel?.close().catch(() => {});
  }

  #publish(channel: Channel, { to, content }: Answer): void {
    try {
      // Not mandatory and not persistent: whoever has gone does not wait for it.
      if (!channel.publish("", to, content)) this.#backedUp = true;
      if (this.#backedUp) this.#bufferedBytes += content.byteLength;
    } catch (error) {
      if (!(error instanceof IllegalOperationError)) throw error;
      this.#dropped();
    }
  }

  #dropped(): void {
    this.#telemetry.count("actor.replies_dropped", 1);
  }

  async #open(model: ChannelModel): Promise<void> {
    try {
      const channel = await model.createChannel({ highWaterMark: bufferedWrites });
      reasonOf(channel);
      if (this.#model !== model) return;
      this.#channel = channel;
      this.#emptied();
      for (const answer of this.#waiting.splice(0)) this.#publish(channel, answer);
      channel.on("drain", () => this.#emptied());
      channel.once("close", () => {
        if (this.#channel !== channel) return;
        this.#channel = undefined;
        void this.#open(model);
      });
    } catch {
      // The connection was lost, and says when it is back.
    }
  }

  #emptied(): void {
    this.#backedUp = false;
    this.#bufferedBytes = 0;
  }
}
