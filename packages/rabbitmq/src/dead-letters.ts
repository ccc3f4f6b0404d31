import {
  type DeadLetter,
  type Frame,
  OverloadedError,
  type PublishOutcome,
  StoreUnavailableError,
  wireVersion,
} from "@actor-runtime/core";
import type { Channel, ChannelModel, ConsumeMessage } from "amqplib";
import { operationError, reasonOf, replyCode, replyCodeOf } from "./channel-errors.js";
import { endChannel } from "./end-channel.js";

/** AMQP counts a prefetch in 16 bits. */
const maxPrefetch = 65_535;
/** How often and how long to wait for another reader's end before reading beside it. */
const mostLooks = 100;
const lookMs = 20;
/** A counted frame that does not come for so long is with somebody else. */
const patienceMs = 1_000;
const utf8 = new TextDecoder("utf-8", { fatal: true });

/** How dead letters are written back. */
export type Rewrite = (frame: Frame) => Promise<PublishOutcome>;
/** Resolves after so many ms. */
export type Pause = (ms: number) => Promise<void>;

/**
 * The dead letters of one type, read on a channel of their own and returned by closing it: a message that is fetched and
 * requeued one by one would change places. While they are read they are in memory, up to the bound of their queue.
 */
export class DeadLetterReader {
  readonly #channel: Channel;
  readonly #queue: string;
  readonly #pause: Pause;
  readonly #reason: { readonly error: Error | undefined };
  readonly #arrived: ConsumeMessage[] = [];
  #wake = () => {};
  #ended = false;

  private constructor(channel: Channel, queue: string, pause: Pause) {
    this.#channel = channel;
    this.#queue = queue;
    this.#pause = pause;
    this.#reason = reasonOf(channel);
    channel.once("close", () => {
      this.#ended = true;
      this.#wake();
    });
  }

  static async open(model: ChannelModel, queue: string, pause: Pause): Promise<DeadLetterReader> {
    return new DeadLetterReader(await model.createChannel(), queue, pause);
  }

  /** The frames that are there now, oldest first. They stay there unless they are acked. */
  async *frames(): AsyncGenerator<ConsumeMessage> {
    try {
      let left = Math.min(await this.#count(), maxPrefetch);
      if (left === 0) return;
      await this.#channel.prefetch(left);
      await this.#channel.consume(this.#queue, (message) => this.#receive(message));
      while (left > 0) {
        const message = this.#arrived.shift();
        if (message) {
          left--;
          yield message;
        } else if (!(await this.#more())) {
          return;
        }
      }
    } catch (error) {
      throw operationError(`dead letters in "${this.#queue}"`, error);
    } finally {
      await endChannel(this.#channel);
    }
  }

  ack(message: ConsumeMessage): void {
    this.#channel.ack(message);
  }

  /** Waits for another one; `false`: what is left is with somebody else. */
  async #more(): Promise<boolean> {
    const arrival = new Promise<void>((resolve) => (this.#wake = resolve));
    await Promise.race([arrival, this.#pause(patienceMs)]);
    if (this.#ended) throw this.#reason.error ?? new Error("the connection to RabbitMQ was lost");
    return this.#arrived.length > 0;
  }

  /**
   * Frames ready for delivery. A queue nobody declared has none, and is not made. What a reader before this one had returns
   * some time after its channel was closed, in one step with its consumer's end: until then the count is short.
   */
  async #count(): Promise<number> {
    try {
      for (let looks = 1; ; looks++) {
        const { consumerCount, messageCount } = await this.#channel.checkQueue(this.#queue);
        if (consumerCount === 0 || looks === mostLooks) return messageCount;
        await this.#pause(lookMs);
      }
    } catch (error) {
      if (replyCodeOf(error) === replyCode.notFound) return 0;
      throw error;
    }
  }

  #receive(message: ConsumeMessage | null): void {
    if (message) this.#arrived.push(message);
    // The queue was deleted.
    else void endChannel(this.#channel);
    this.#wake();
  }
}

/** Takes frames apart, and removes the letters for which `take` resolves to `true`. */
export async function takeLetters(
  reader: DeadLetterReader,
  take: (letter: DeadLetter) => Promise<boolean>,
  rewrite: Rewrite,
): Promise<void> {
  for await (const message of reader.frames()) {
    const letters = lettersOf(message);
    const kept: DeadLetter[] = [];
    let failure: { readonly error: unknown } | undefined;
    for (const letter of letters) {
      if (failure || !(await take(letter).catch((error: unknown) => void (failure = { error })))) kept.push(letter);
    }
    if (kept.length < letters.length) {
      if (kept.length > 0) await rewriteKept(kept, rewrite);
      reader.ack(message);
    }
    if (failure) throw failure.error;
  }
}

/** In this order, the copy before the ack: letters may double, never vanish. Retrying keeps their identity. */
async function rewriteKept(kept: readonly DeadLetter[], rewrite: Rewrite): Promise<void> {
  const body = Buffer.from(JSON.stringify(kept));
  const outcome = await rewrite({ headers: { v: wireVersion, segments: [] }, body });
  if (outcome === "confirmed") return;
  if (outcome === "refused") {
    throw new OverloadedError("the dead letters are full: take whole frames first", "mailbox", 1_000);
  }
  throw new StoreUnavailableError("the letters left of a frame could not be written back; some may come again");
}

/** A frame that somebody else put there is skipped. */
export function lettersOf({ content }: ConsumeMessage): DeadLetter[] {
  try {
    const letters: unknown = JSON.parse(utf8.decode(content));
    return Array.isArray(letters) ? (letters as DeadLetter[]) : [];
  } catch {
    return [];
  }
}
