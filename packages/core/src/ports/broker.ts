import type { Frame } from "../model/frame.js";
import type { DeadLetter } from "../model/message.js";
import type { Mailbox, PartitionId } from "../model/partition.js";

/** A partition's queue (`Account:g1:07`) or the dead letters of a type (`dead:Account`). */
export type Destination = PartitionId | `dead:${string}`;

/**
 * What became of a published frame.
 * - `confirmed`: the broker has taken responsibility for it (all its replicas that count have it).
 * - `refused`: certainly not stored, the queue is full. Publish the same numbers again later.
 * - `unroutable`: certainly not stored, no such queue yet.
 * - `lost`: unknown, the channel died or the confirm did not come in time. Publish the same numbers again with the same
 *   `after`; the adapter has already closed the channel, so no late confirm can follow.
 */
export type PublishOutcome = "confirmed" | "refused" | "unroutable" | "lost";

/** One delivered frame. `tag` is valid for the channel it came from and no other. */
export interface Delivery {
  readonly tag: number;
  readonly redelivered: boolean;
  readonly frame: Frame;
}

/** Who consumes a partition. */
export interface Consumer {
  /** Called in queue order, up to the prefetch unacked. Must not throw. */
  deliver(delivery: Delivery): void;
  /** The channel is gone without `close()`: unacked frames will come again, to whoever consumes next. Called once. */
  lost(reason: Error): void;
}

/** A consumer's channel. There is no nack: what cannot run is stored, then acked. */
export interface Channel {
  /** Settles one frame for good. After `close()` or `lost` it does nothing, so a late ack never reaches another channel. */
  ack(tag: number): void;
  /** Returns all unacked frames to the queue, in order, and ends consumption: the broker may hand over to the next consumer. */
  close(): Promise<void>;
}

/** Where answers to this process arrive. */
export interface ReplyQueue {
  readonly address: string;
  close(): Promise<void>;
}

export interface ReplyListener {
  receive(body: Uint8Array): void;
  /** The queue was lost and made again under the same address: answers in between are gone. */
  reopened(): void;
}

/**
 * Mailboxes: durable, ordered queues with publisher confirms and single-active-consumer.
 *
 * A frame is delivered to one consumer at a time; unacked frames of a closed channel return to their old place. A second
 * consumer of a partition waits until the first channel is closed.
 */
export interface Broker {
  /** Short name for banners and metrics, for example `embedded`. */
  readonly name: string;
  /** Settles with the outcome; rejects only after `close()`. Callers keep at most one frame per destination in flight. */
  publish(to: Destination, frame: Frame): Promise<PublishOutcome>;
  /**
   * Declares the partition's queue if needed and consumes it.
   *
   * @param prefetch the most unacked frames on this channel
   * @throws ConfigError when the queue exists with other properties, with the fix in its message
   */
  consume(mailbox: Mailbox, partition: PartitionId, prefetch: number, consumer: Consumer): Promise<Channel>;
  openReplies(listener: ReplyListener): Promise<ReplyQueue>;
  /** Sends answers to a reply queue: once, unconfirmed; a caller that misses them asks again (delivery.md S8). */
  reply(to: string, body: Uint8Array): void;
  /** Reads the dead letters of a type, oldest first, and leaves them where they are. */
  deadLetters(type: string): AsyncIterable<DeadLetter>;
  /**
   * Goes through the dead letters of a type, oldest first, and removes each for which `take` resolves to `true`, after it
   * has. Whatever ends this early (also a rejection of `take`, passed on) leaves the rest. Letters that arrived in one frame
   * with a removed one may move to the end.
   */
  takeDeadLetters(type: string, take: (letter: DeadLetter) => Promise<boolean>): Promise<void>;
  /**
   * Ties this broker's namespace to a store, durably; once tied it stays so.
   *
   * @param adopt takes over a broker tied to another store: after one of the two was replaced on purpose
   * @throws ConfigError when it is tied to another store, with the fix in its message
   */
  tie(storeId: string, adopt?: boolean): Promise<void>;
  close(): Promise<void>;
}
