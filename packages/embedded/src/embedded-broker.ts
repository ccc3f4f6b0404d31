import {
  type Broker,
  type Channel,
  ClosedError,
  type Consumer,
  type DeadLetter,
  type Destination,
  type Frame,
  type Mailbox,
  type PartitionId,
  type PublishOutcome,
  type ReplyListener,
  type ReplyQueue,
  StoreUnavailableError,
} from "@actor-runtime/core";
import type { BrokerMemory } from "./broker-memory.js";
import type { QueueChannel } from "./partition-queue.js";
import type { Schedule } from "./schedule.js";

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** One process's connection to the queues of a world. */
export class EmbeddedBroker implements Broker {
  readonly name = "embedded";
  readonly #memory: BrokerMemory;
  readonly #schedule: Schedule;
  readonly #replyAddress: () => string;
  readonly #channels = new Set<QueueChannel>();
  readonly #replies = new Map<string, ReplyListener>();
  #connected = true;
  #closed = false;

  /** @param replyAddress gives every reply queue an address of its own */
  constructor(memory: BrokerMemory, schedule: Schedule, replyAddress: () => string) {
    this.#memory = memory;
    this.#schedule = schedule;
    this.#replyAddress = replyAddress;
  }

  publish(to: Destination, frame: Frame): Promise<PublishOutcome> {
    if (this.#closed) return Promise.reject(closedError());
    return new Promise((resolve) => {
      this.#schedule(() => resolve(this.#connected ? this.#memory.publish(to, frame) : "lost"));
    });
  }

  async consume(_mailbox: Mailbox, partition: PartitionId, prefetch: number, consumer: Consumer): Promise<Channel> {
    await this.#hop();
    const channel = this.#memory.declare(partition).open(prefetch, consumer, (ended) => this.#channels.delete(ended));
    this.#channels.add(channel);
    return channel;
  }

  async openReplies(listener: ReplyListener): Promise<ReplyQueue> {
    await this.#hop();
    const address = this.#replyAddress();
    this.#replies.set(address, listener);
    this.#memory.openReplies(address, listener);
    return {
      address,
      close: async () => {
        this.#replies.delete(address);
        this.#memory.closeReplies(address);
      },
    };
  }

  reply(to: string, body: Uint8Array): void {
    if (this.#connected && !this.#closed) this.#memory.reply(to, body);
  }

  async *deadLetters(type: string): AsyncIterable<DeadLetter> {
    await this.#hop();
    for (const body of this.#memory.deadLetters(type)) yield* JSON.parse(utf8.decode(body)) as DeadLetter[];
  }

  async takeDeadLetters(type: string, take: (letter: DeadLetter) => Promise<boolean>): Promise<void> {
    await this.#hop();
    await this.#memory.takeDeadLetters(type, async (body) => {
      const letters = JSON.parse(utf8.decode(body)) as DeadLetter[];
      const kept: DeadLetter[] = [];
      for (const letter of letters) if (!(await take(letter))) kept.push(letter);
      return kept.length === letters.length
        ? body
        : kept.length > 0
          ? new TextEncoder().encode(JSON.stringify(kept))
          : undefined;
    });
  }

  async tie(storeId: string, adopt = false): Promise<void> {
    await this.#hop();
    this.#memory.tie(storeId, adopt);
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const address of this.#replies.keys()) this.#memory.closeReplies(address);
    this.#replies.clear();
    for (const channel of [...this.#channels]) await channel.close();
  }

  /** The connection breaks: channels are lost, replies go nowhere, every call fails without effect. */
  disconnect(): void {
    this.#connected = false;
    for (const address of this.#replies.keys()) this.#memory.closeReplies(address);
    for (const channel of [...this.#channels]) channel.lose(new Error("the connection to the broker was lost"));
  }

  /** The connection is back: reply queues are made again under their addresses, consumers have to consume anew. */
  reconnect(): void {
    this.#connected = true;
    this.reopenReplies();
  }

  reopenReplies(): void {
    for (const [address, listener] of this.#replies) {
      this.#memory.openReplies(address, listener);
      this.#schedule(() => listener.reopened());
    }
  }

  #hop(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#schedule(() => {
        if (this.#closed) reject(closedError());
        else if (!this.#connected) reject(new StoreUnavailableError("the connection to the broker is lost"));
        else resolve();
      });
    });
  }
}

function closedError(): ClosedError {
  return new ClosedError("the broker was closed");
}
