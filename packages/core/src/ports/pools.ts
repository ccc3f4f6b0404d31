import type { Frame } from "../model/frame.js";
import type { PublishOutcome } from "./broker.js";

/** A queue that all workers of a stateless type take from (`pool:Resize`), or one of them alone (`pool:Resize@worker-1`). */
export type PoolQueue = `pool:${string}`;

/** One delivered message. `tag` is valid for the channel it came from and no other. */
export interface PoolDelivery {
  readonly tag: number;
  /** How often it was delivered before: to somebody who did not ack it. */
  readonly redeliveries: number;
  readonly frame: Frame;
}

export interface PoolConsumer {
  /** Up to the prefetch unacked. Must not throw. */
  deliver(delivery: PoolDelivery): void;
  /** The channel is gone without `close()`. Called once. */
  lost(reason: Error): void;
}

export interface PoolConsumerOptions {
  /** The most unacked messages. */
  readonly prefetch: number;
  /**
   * Consumers of a higher one get everything while they take it; those of a lower one what is left. A queue of one worker has one
   * consumer. @default 0
   */
  readonly priority?: number;
}

export interface PoolChannel {
  ack(tag: number): void;
  /** Counts from the next delivery on. */
  setPrefetch(prefetch: number): Promise<void>;
  /** Returns all unacked messages to the queue. */
  close(): Promise<void>;
}

/**
 * Queues without owner and order, for stateless types: each message goes to one of the consumers, and again to another when its
 * consumer is lost before the ack. The shared queue of a type is durable; that of one worker ends with its consumer, and what is
 * in it is lost.
 */
export interface Pools {
  /**
   * Any number may be in flight. Nothing is kept in order.
   *
   * @returns `unroutable`: no worker of the type has ever started, or the one worker is gone
   */
  send(to: PoolQueue, frame: Frame): Promise<PublishOutcome>;
  /** Declares the queue if needed. */
  consume(from: PoolQueue, options: PoolConsumerOptions, consumer: PoolConsumer): Promise<PoolChannel>;
}
