import type { Frame } from "../model/frame.js";
import type { PoolQueue } from "../model/pool-queue.js";
import type { PublishOutcome } from "./broker.js";

/** One delivered message. `tag` is valid for the channel it came from and no other. */
export interface PoolDelivery {
  readonly tag: number;
  /** How often it was given before to somebody who did not ack it. It need not have arrived there. */
  readonly redeliveries: number;
  readonly frame: Frame;
}

export interface PoolConsumer {
  /** Up to the prefetch unacked. Must not throw. */
  deliver(delivery: PoolDelivery): void;
  /** The channel is gone without `close()`: what is unacked goes to others. Called once. */
  lost(reason: Error): void;
}

export interface PoolConsumerOptions {
  /** The most unacked messages; 0 of the shared queue: nothing comes for now. The queue of one worker needs at least 1. */
  readonly prefetch: number;
  /**
   * Consumers of a higher one get everything while they take it; those of a lower one what is left. A queue of one worker has one
   * consumer. @default 0
   */
  readonly priority?: number;
}

/** A consumer's channel. There is no nack: what cannot run is sent elsewhere, then acked. */
export interface PoolChannel {
  /** Settles one message for good. After `close()` or `lost` it does nothing. */
  ack(tag: number): void;
  /**
   * Changes how much comes, without giving anything back. What was delivered before need not count against the new prefetch:
   * for a while as many more may be unacked as were then.
   */
  adjust(options: PoolConsumerOptions): Promise<void>;
  /** Takes nothing more; what is here can still be acked. A queue of one worker ends. */
  stop(): Promise<void>;
  /** Returns all unacked messages to the queue. */
  close(): Promise<void>;
}

/**
 * Queues without owner and order, for stateless types: each message goes to one of the consumers, and again to another when its
 * consumer is lost before the ack. The shared queue of a type is durable; that of one worker ends with its consumer, and what is
 * in it is lost.
 *
 * They are part of the process' connection to its broker, and end with it.
 */
export interface Pools {
  /**
   * Any number may be in flight. Nothing is kept in order. Rejects only after the broker is closed.
   *
   * @returns `unroutable`: no worker of the type has ever started, or the one worker is gone. After `lost` it may have arrived:
   * sent again, it may run twice
   */
  send(to: PoolQueue, frame: Frame): Promise<PublishOutcome>;
  /**
   * Declares the queue if needed.
   *
   * @throws ConfigError when the queue exists with other properties, with the fix in its message
   * @throws StoreUnavailableError when it cannot be done now
   */
  consume(from: PoolQueue, options: PoolConsumerOptions, consumer: PoolConsumer): Promise<PoolChannel>;
}
