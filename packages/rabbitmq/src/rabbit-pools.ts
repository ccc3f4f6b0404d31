import type {
  Frame,
  PoolChannel,
  PoolConsumer,
  PoolConsumerOptions,
  PoolQueue,
  Pools,
  PublishOutcome,
} from "@actor-runtime/core";
import type { ConfirmPool } from "./confirm-pool.js";
import type { Consumers } from "./consumers.js";

/** The `Pools` port on the connections of a broker. */
export class RabbitPools implements Pools {
  readonly #sending: ConfirmPool;
  readonly #consumers: Consumers;
  readonly #checkOpen: () => void;

  /** @param checkOpen throws once the broker is closed */
  constructor(sending: ConfirmPool, consumers: Consumers, checkOpen: () => void) {
    this.#sending = sending;
    this.#consumers = consumers;
    this.#checkOpen = checkOpen;
  }

  async send(to: PoolQueue, frame: Frame): Promise<PublishOutcome> {
    this.#checkOpen();
    return this.#sending.publish(to, frame);
  }

  async consume(from: PoolQueue, options: PoolConsumerOptions, consumer: PoolConsumer): Promise<PoolChannel> {
    this.#checkOpen();
    return this.#consumers.openPool({ from, options, consumer });
  }
}
