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
} from "@actor-runtime/core";
import type { BrokerMemory } from "./broker-memory.js";
import { EmbeddedPools } from "./embedded-pools.js";
import type { Link } from "./link.js";
import type { QueueChannel } from "./queue-channel.js";

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** One process's connection to the queues of a world. */
export class EmbeddedBroker implements Broker {
  readonly name = "embedded";
  readonly pools: EmbeddedPools;
  readonly #memory: BrokerMemory;
  readonly #link: Link;
  readonly #replyAddress: () => string;
  readonly #channels = new Set<QueueChannel>();
  readonly #replies = new Map<string, ReplyListener>();
  #closed = false;

  /** @param replyAddress gives every reply queue an address of its own */
  constructor(memory: BrokerMemory, link: Link, replyAddress: () => string) {
    this.#memory = memory;
    this.#link = link;
    this.#replyAddress = replyAddress;
    this.pools = new EmbeddedPools(memory, link, () => this.#checkOpen());
  }

  publish(to: Destination, frame: Frame): Promise<PublishOutcome> {
    if (this.#closed) return Promise.reject(closedError());
    return new Promise((resolve) => {
      this.#link.cross(
        () => this.#memory.publish(to, frame),
        resolve,
        () => resolve("lost"),
      );
    });
  }

  consume(_mailbox: Mailbox, partition: PartitionId, prefetch: number, consumer: Consumer): Promise<Channel> {
    return this.#call(() => {
      const queue = this.#memory.declare(partition);
      const channel = queue.open(this.#link, prefetch, consumer, (ended) => this.#channels.delete(ended));
      this.#channels.add(channel);
      return channel;
    });
  }

  openReplies(listener: ReplyListener): Promise<ReplyQueue> {
    return this.#call(() => {
      const address = this.#replyAddress();
      this.#replies.set(address, listener);
      this.#memory.openReplies(address, this.#link, listener);
      return {
        address,
        close: async () => {
          this.#replies.delete(address);
          this.#link.send(() => this.#memory.closeReplies(address));
        },
      };
    });
  }

  reply(to: string, body: Uint8Array): void {
    if (!this.#closed) this.#link.send(() => this.#memory.reply(to, body));
  }

  async *deadLetters(type: string): AsyncIterable<DeadLetter> {
    const bodies = await this.#call(() => this.#memory.deadLetters(type));
    for (const body of bodies) yield* JSON.parse(utf8.decode(body)) as DeadLetter[];
  }

  takeDeadLetters(type: string, take: (letter: DeadLetter) => Promise<boolean>): Promise<void> {
    const takeOf = async (body: Uint8Array): Promise<Uint8Array | undefined> => {
      const letters = JSON.parse(utf8.decode(body)) as DeadLetter[];
      const kept: DeadLetter[] = [];
      for (const letter of letters) if (!(await take(letter))) kept.push(letter);
      return kept.length === letters.length
        ? body
        : kept.length > 0
          ? new TextEncoder().encode(JSON.stringify(kept))
          : undefined;
    };
    return this.#call(() => this.#memory.takeDeadLetters(type, takeOf));
  }

  tie(storeId: string, adopt = false): Promise<void> {
    return this.#call(() => this.#memory.tie(storeId, adopt));
  }

  async close(): Promise<void> {
    this.#closed = true;
    const addresses = [...this.#replies.keys()];
    this.#link.send(() => {
      for (const address of addresses) this.#memory.closeReplies(address);
    });
    this.#replies.clear();
    for (const channel of [...this.#channels]) await channel.close();
    await this.pools.close();
  }

  /** The connection breaks: channels are lost, replies go nowhere, every call fails. */
  disconnect(): void {
    this.#link.cut();
    for (const address of this.#replies.keys()) this.#memory.closeReplies(address);
    const reason = new Error("the connection to the broker was lost");
    for (const channel of [...this.#channels]) channel.lose(reason);
    this.pools.lose(reason);
  }

  /** The connection is back: reply queues are made again under their addresses, consumers have to consume anew. */
  reconnect(): void {
    this.#link.restore();
    this.reopenReplies();
  }

  reopenReplies(): void {
    for (const [address, listener] of this.#replies) {
      this.#memory.reopenReplies(address, this.#link, listener);
    }
  }

  #call<T>(operation: () => T): Promise<Awaited<T>> {
    return this.#link.call(() => {
      this.#checkOpen();
      return operation();
    });
  }

  #checkOpen(): void {
    if (this.#closed) throw closedError();
  }
}

function closedError(): ClosedError {
  return new ClosedError("the broker was closed");
}
