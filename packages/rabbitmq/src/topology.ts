import { ConfigError, type Mailbox, type PartitionId, type PoolQueue, parsePoolQueue } from "@actor-runtime/core";
import type { Channel } from "amqplib";
import { brokerText, operationError, replyCode, replyCodeOf } from "./channel-errors.js";
import type { Settings } from "./options.js";

/**
 * Returned deliveries count, and each rebalance returns a window: the default of RabbitMQ 4 (20) would drop messages that
 * never ran. Without a limit returned messages would go to the end of the queue. Up to 3.13 there is no "-1".
 */
const deliveryLimit = 1_000_000;
/** Far above any turn: RabbitMQ 4.3 can stop a queue whose consumers all timed out. Before 3.12 it is not read. */
const consumerTimeoutMs = 2 * 60 * 60 * 1_000;
/** Bound of what the broker gave up delivering; nobody but an operator looks at it. */
const undeliveredBytes = 256 * 1024 * 1024;
/** Answers to a process that does not read them. They may be lost, so the oldest go first. */
const maxReplyBytes = 64 * 1024 * 1024;

/**
 * The exchanges and queues of a namespace, and their arguments: one declare that RabbitMQ 3.10 to 4.x accept. Every call takes
 * a channel of its own, because a refused declare closes it.
 */
export class Topology {
  readonly #settings: Settings;

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  /** What every process needs: where to publish, and where the broker puts what it gives up delivering. */
  async declareExchanges(channel: Channel): Promise<void> {
    const { names } = this.#settings;
    try {
      await channel.assertExchange(names.exchange, "direct", { durable: true });
      await channel.assertExchange(names.undelivered, "fanout", { durable: true });
    } catch (error) {
      if (replyCodeOf(error) !== replyCode.preconditionFailed) throw error;
      throw new ConfigError(
        `an exchange exists with other properties (${brokerText((error as Error).message)}): use another namespace, or delete it`,
        { cause: error },
      );
    }
    await this.#declareQueue(channel, names.undelivered, bounded(undeliveredBytes));
    await channel.bindQueue(names.undelivered, names.undelivered, "");
  }

  /** @returns the queue's name */
  async declarePartition(channel: Channel, mailbox: Mailbox, partition: PartitionId): Promise<string> {
    const { names, maxMailboxBytes } = this.#settings;
    const queue = names.partition(mailbox, partition);
    const args = { ...consumed(maxMailboxBytes, names.undelivered), "x-single-active-consumer": true };
    await this.#declareQueue(channel, queue, args, "maxMailboxBytes");
    await channel.bindQueue(queue, names.exchange, partition);
    return queue;
  }

  /** The shared queue is there to stay; that of one worker lives and dies with its consumer. @returns the queue's name */
  async declarePool(channel: Channel, pool: PoolQueue): Promise<string> {
    const { names, maxMailboxBytes } = this.#settings;
    const queue = names.pool(pool);
    if (parsePoolQueue(pool).worker === undefined) {
      await this.#declareQueue(channel, queue, consumed(maxMailboxBytes, names.undelivered), "maxMailboxBytes");
    } else {
      const args = { "x-max-length-bytes": maxMailboxBytes, "x-overflow": "reject-publish" };
      await channel.assertQueue(queue, { exclusive: true, autoDelete: true, durable: false, arguments: args });
    }
    await channel.bindQueue(queue, names.exchange, pool);
    return queue;
  }

  async declareDead(channel: Channel, type: string): Promise<void> {
    const { names, maxDeadLetterBytes } = this.#settings;
    await this.#declareQueue(channel, names.dead(type), bounded(maxDeadLetterBytes), "maxDeadLetterBytes");
  }

  async bindDead(channel: Channel, type: string): Promise<void> {
    const { names } = this.#settings;
    await channel.bindQueue(names.dead(type), names.exchange, `dead:${type}`);
  }

  /** Its routing key is the tie: it can be asked for by declaring, and never changed. */
  async declareTie(channel: Channel, storeId: string): Promise<void> {
    const { names } = this.#settings;
    const args = {
      "x-queue-type": "quorum",
      "x-dead-letter-exchange": names.undelivered,
      "x-dead-letter-routing-key": storeId,
    };
    try {
      await channel.assertQueue(names.store, { durable: true, arguments: args });
    } catch (error) {
      const difference = differenceOf(error);
      if (difference?.argument !== "x-dead-letter-routing-key") throw mismatch(names.store, error);
      throw new ConfigError(
        `the broker belongs to store ${difference.there}, not to ${storeId}: connect it to its own store, ` +
          "or take it over with `actor-runtime store adopt`",
        { cause: error },
      );
    }
  }

  /** Lives and dies with its connection. */
  async declareReplies(channel: Channel, queue: string): Promise<void> {
    await channel.assertQueue(queue, {
      exclusive: true,
      autoDelete: true,
      durable: false,
      arguments: { "x-max-length-bytes": maxReplyBytes },
    });
  }

  async #declareQueue(channel: Channel, queue: string, args: object, option?: string): Promise<void> {
    try {
      await channel.assertQueue(queue, { durable: true, arguments: args });
    } catch (error) {
      throw mismatch(queue, error, option);
    }
  }
}

function bounded(maxBytes: number): object {
  return {
    "x-queue-type": "quorum",
    "x-delivery-limit": deliveryLimit,
    "x-overflow": "reject-publish",
    "x-max-length-bytes": maxBytes,
    "x-queue-leader-locator": "balanced",
  };
}

/** @param undelivered the exchange for what the broker itself gives up delivering */
function consumed(maxBytes: number, undelivered: string): object {
  return {
    ...bounded(maxBytes),
    "x-dead-letter-exchange": undelivered,
    "x-dead-letter-strategy": "at-least-once",
    "x-consumer-timeout": consumerTimeoutMs,
  };
}

/** @param option the option of ours that decides the queue's bound */
function mismatch(queue: string, error: unknown, option?: string): Error {
  if (replyCodeOf(error) !== replyCode.preconditionFailed) return operationError(`queue "${queue}"`, error);
  const difference = differenceOf(error);
  const isBound = difference?.argument === "x-max-length-bytes" && option !== undefined;
  return new ConfigError(
    `queue "${queue}" exists with other properties: ${
      difference
        ? `${difference.argument} is ${difference.there} there and ${difference.here} here`
        : brokerText((error as Error).message)
    }. ${isBound ? `Set ${option} to what it is there, or delete` : "Delete"} the queue once it is empty; it is declared anew`,
    { cause: error },
  );
}

/** `inequivalent arg 'x' for queue 'q' in vhost '/': received 'here' but current is 'there'` */
function differenceOf(error: unknown): { argument: string; here: string; there: string } | undefined {
  const found = /inequivalent arg '(.+?)' for .*: received (.*) but current is (.*)$/s.exec(
    brokerText((error as Error).message),
  );
  if (!found) return undefined;
  const [, argument, here, there] = found as unknown as [string, string, string, string];
  return { argument, here: valueOf(here), there: valueOf(there) };
}

/** `'1000'`, `none`, or `the value '1000' of type 'short'`. */
function valueOf(text: string): string {
  return /^the value '(.*)' of type/s.exec(text)?.[1] ?? /^'(.*)'$/s.exec(text)?.[1] ?? text;
}
