import {
  type Cancel,
  type Clock,
  ConfigError,
  type Logger,
  type PoolChannel,
  type PoolConsumerOptions,
  type PoolDelivery,
  type PoolQueue,
  type Pools,
  type Random,
  retryDelayMs,
} from "@actor-runtime/core";
import { RoundTrips } from "./round-trips.js";

const backoff = { firstMs: 100, maxMs: 5_000 };

export interface SourceServices {
  readonly pools: Pools;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

/** Who takes the messages of a queue. */
export interface SourceHost {
  deliver(arrival: Arrival): void;
  /** What came with this channel and is not acked goes to others, too. */
  lost(channel: SourceChannel): void;
}

/** One channel to the queue. Its first messages may come before it is known here. */
interface SourceChannel {
  port: PoolChannel | undefined;
  readonly early: number[];
}

/** A delivered message, and how to settle it. */
export interface Arrival {
  readonly source: PoolSource;
  readonly channel: SourceChannel;
  readonly delivery: PoolDelivery;
}

/** A queue that a worker takes messages of a stateless type from; it is consumed anew whenever its channel is lost. */
export class PoolSource {
  readonly queue: PoolQueue;
  readonly trips = new RoundTrips();
  readonly #services: SourceServices;
  readonly #host: SourceHost;
  #options: PoolConsumerOptions;
  #channel: SourceChannel | undefined;
  #unacked = 0;
  #failures = 0;
  #retry: Cancel = () => {};
  #over = false;

  constructor(queue: PoolQueue, services: SourceServices, options: PoolConsumerOptions, host: SourceHost) {
    this.queue = queue;
    this.#services = services;
    this.#options = options;
    this.#host = host;
  }

  /** Messages come. */
  get open(): boolean {
    return this.#channel?.port !== undefined;
  }

  get options(): PoolConsumerOptions {
    return this.#options;
  }

  /** @throws ConfigError when the queue cannot be consumed until somebody mends it */
  async consume(): Promise<void> {
    const channel: SourceChannel = { port: undefined, early: [] };
    const { pools, clock, random, log } = this.#services;
    this.#channel = channel;
    this.#unacked = 0;
    const options = this.#options;
    try {
      const port = await pools.consume(this.queue, options, {
        deliver: (delivery) => this.#deliver(channel, delivery),
        lost: (reason) => this.#lost(channel, reason),
      });
      if (this.#channel !== channel) {
        await port.close();
        return;
      }
      channel.port = port;
      this.#failures = 0;
      for (const tag of channel.early.splice(0)) port.ack(tag);
      // It was to stop while it began.
      if (this.#over) await port.stop();
      else if (this.#options !== options) await port.adjust(this.#options);
    } catch (error) {
      if (this.#channel === channel) this.#channel = undefined;
      if (error instanceof ConfigError || this.#over) throw error;
      log.warn(
        { err: error, queue: this.queue },
        "a queue of a stateless type cannot be consumed; trying until it can",
      );
      this.#failures++;
      this.#retry = clock.after(retryDelayMs(this.#failures, backoff, random.next()), () => this.#again());
    }
  }

  ack({ channel, delivery }: Arrival): void {
    if (channel === this.#channel) {
      const { prefetch } = this.#options;
      if (prefetch > 0 && this.#unacked >= prefetch) this.trips.acked(this.#services.clock.monotonic());
      this.#unacked--;
    }
    if (channel.port === undefined) channel.early.push(delivery.tag);
    else channel.port.ack(delivery.tag);
  }

  adjust(options: PoolConsumerOptions): void {
    this.#options = options;
    this.#channel?.port?.adjust(options).catch((error) => {
      this.#services.log.debug({ err: error, queue: this.queue }, "a consumer could not be adjusted");
    });
  }

  /** Nothing more comes. */
  async stop(): Promise<void> {
    this.#over = true;
    this.#retry();
    await this.#channel?.port?.stop().catch(() => {});
  }

  /** What is not acked goes to others. */
  async close(): Promise<void> {
    this.#over = true;
    this.#retry();
    const port = this.#channel?.port;
    this.#channel = undefined;
    await port?.close().catch(() => {});
  }

  #deliver(channel: SourceChannel, delivery: PoolDelivery): void {
    if (channel !== this.#channel) return;
    this.#unacked++;
    this.trips.delivered(this.#services.clock.monotonic());
    this.#host.deliver({ source: this, channel, delivery });
  }

  #lost(channel: SourceChannel, reason: Error): void {
    if (channel !== this.#channel) return;
    this.#channel = undefined;
    this.trips.clear();
    this.#services.log.warn({ err: reason, queue: this.queue }, "the channel of a stateless type's queue was lost");
    this.#host.lost(channel);
    if (!this.#over) this.#again();
  }

  #again(): void {
    this.consume().catch((error) => {
      if (!this.#over) this.#services.log.error({ err: error, queue: this.queue }, "a queue cannot be consumed");
    });
  }
}
