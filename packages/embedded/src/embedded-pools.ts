import type {
  Frame,
  PoolChannel,
  PoolConsumer,
  PoolConsumerOptions,
  PoolQueue,
  Pools,
  PublishOutcome,
} from "@actor-runtime/core";
import type { BrokerMemory } from "./broker-memory.js";
import type { Link } from "./link.js";
import type { QueueChannel } from "./queue-channel.js";

/** One process's connection to the pools of a world: part of its broker, which it ends with. */
export class EmbeddedPools implements Pools {
  readonly #memory: BrokerMemory;
  readonly #link: Link;
  readonly #checkOpen: () => void;
  readonly #channels = new Set<QueueChannel>();

  /** @param checkOpen throws once the broker is closed */
  constructor(memory: BrokerMemory, link: Link, checkOpen: () => void) {
    this.#memory = memory;
    this.#link = link;
    this.#checkOpen = checkOpen;
  }

  async send(to: PoolQueue, frame: Frame): Promise<PublishOutcome> {
    this.#checkOpen();
    return new Promise((resolve) => {
      this.#link.cross(
        () => this.#memory.publish(to, frame),
        resolve,
        () => resolve("lost"),
      );
    });
  }

  consume(from: PoolQueue, options: PoolConsumerOptions, consumer: PoolConsumer): Promise<PoolChannel> {
    return this.#link.call(() => {
      this.#checkOpen();
      const queue = this.#memory.pools.declare(from);
      const competitor = queue.join(this.#link, options, consumer, (ended) => this.#channels.delete(ended));
      const { channel } = competitor;
      this.#channels.add(channel);
      return {
        ack: (tag) => channel.ack(tag),
        adjust: (adjusted) => this.#link.finish(() => queue.adjust(competitor, adjusted)),
        stop: () => this.#link.finish(() => queue.stop(competitor)),
        close: () => channel.close(),
      };
    });
  }

  async close(): Promise<void> {
    for (const channel of [...this.#channels]) await channel.close();
  }

  /** The connection broke. */
  lose(reason: Error): void {
    for (const channel of [...this.#channels]) channel.lose(reason);
  }
}
