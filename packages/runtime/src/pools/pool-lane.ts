import {
  type ActorError,
  type Cancel,
  type Clock,
  type Frame,
  type PoolQueue,
  type Pools,
  type PublishOutcome,
  parsePoolQueue,
  poolQueue,
  type Random,
  retryDelayMs,
} from "@actor-runtime/core";
import { batchFrame, isOutbox } from "../client/batch-frame.js";
import { OutboundStream } from "../client/outbound-stream.js";
import type { Outgoing, OutgoingCall } from "../client/outgoing.js";
import { closedBefore, tooLate } from "../client/refusals.js";
import { Waiting } from "../client/waiting.js";
import type { Way } from "../client/way.js";
import type { StoreTime } from "../store-time.js";
import type { Spread } from "./spread.js";

/** Messages that may be on their way at a time (P12). */
const maxFlights = 1_024;
const backoff = { firstMs: 20, maxMs: 2_000 };

export interface PoolLaneServices {
  readonly pools: Pools;
  readonly clock: Clock;
  readonly random: Random;
  readonly time: StoreTime;
}

/** One message of this process that was published and is not confirmed yet. */
class Flight {
  /** Whose own queue it goes to; `undefined`: the shared one. */
  worker: string | undefined;
  /** Workers that certainly did not get it. */
  readonly tried = new Set<string>();
  failures = 0;
  /** Some publication had an unknown outcome: it may have arrived. */
  uncertain = false;
  /** It waits to be published again. */
  retry: Cancel | undefined;

  /**
   * @param since when it was first published, in ms by the clock's `monotonic()`
   * @param sentAt the same by the store's time, in ms since 1970
   */
  constructor(
    readonly message: Outgoing,
    readonly since: number,
    readonly sentAt: number,
  ) {}
}

/**
 * The way from this process to the workers of a stateless type: one message per frame, in no order, many at a time. Tells take
 * the shared queue; calls too, unless they are spread over the workers' own queues.
 */
export class PoolLane implements Way {
  readonly to: PoolQueue;
  readonly #type: string;
  readonly #services: PoolLaneServices;
  readonly #spread: Spread;
  /** Names the messages of this process; no worker keeps anything of it. */
  readonly #own: OutboundStream;
  readonly #waiting = new Waiting();
  readonly #flights = new Map<Outgoing, Flight>();
  /** From one confirm to the next, by the last of them; 0: there was none. */
  #messageMs = 0;
  #closed = false;

  /** @param spread chooses the worker of a call, or leaves it to whoever takes it from the shared queue */
  constructor(to: PoolQueue, services: PoolLaneServices, spread: Spread) {
    const { clock, random, time } = services;
    this.to = to;
    this.#type = parsePoolQueue(to).type;
    this.#services = services;
    this.#spread = spread;
    this.#own = new OutboundStream(Math.floor(time.now()), random.id(), clock.monotonic());
  }

  get idle(): boolean {
    return this.#waiting.length === 0 && this.#flights.size === 0;
  }

  checkRoom(bytes: number): void {
    this.#waiting.checkRoom(this.to, bytes, this.#messageMs);
  }

  send(message: Outgoing): void {
    this.#waiting.push(message);
    this.#pump();
  }

  /** Who took a call from the shared queue is not known: there it runs, unless its time is over. */
  cancel(call: OutgoingCall, word: Outgoing): void {
    for (const worker of this.#spread.workersOf(call)) {
      const frame = batchFrame([word], "", this.#services.time.now());
      this.#services.pools.send(poolQueue(this.#type, worker), frame).catch(() => {});
    }
  }

  withdraw(message: Outgoing): boolean {
    if (this.#waiting.remove(message)) return true;
    const flight = this.#flights.get(message);
    if (flight?.retry === undefined || flight.uncertain) return false;
    this.#land(flight);
    return true;
  }

  ended(call: OutgoingCall, error: ActorError | undefined): void {
    this.#spread.ended(call, error);
  }

  closeStream(): boolean {
    return false;
  }

  dropOutbox(stream: string): void {
    const isDropped = ({ source }: Outgoing) => isOutbox(source) && source.stream === stream;
    this.#waiting.removeAll(isDropped);
    for (const flight of [...this.#flights.values()]) {
      if (flight.retry !== undefined && isDropped(flight.message)) this.#land(flight);
    }
  }

  async finish(): Promise<void> {}

  close(): void {
    this.#closed = true;
    this.#spread.close();
    const flights = [...this.#flights.values()];
    this.#flights.clear();
    for (const message of this.#waiting.removeAll(() => true)) message.abandoned(closedBefore(this.to, false));
    for (const { message, retry, uncertain } of flights) {
      retry?.();
      message.abandoned(closedBefore(this.to, retry === undefined || uncertain));
    }
  }

  #pump(): void {
    const { clock, time } = this.#services;
    while (!this.#closed && this.#flights.size < maxFlights) {
      const message = this.#waiting.take();
      if (message === undefined) return;
      if (isOutbox(message.source)) {
        message.number = message.source.number;
      } else if (message.source === "own") {
        message.stream = this.#own;
        message.number = this.#own.take(undefined);
      }
      const now = clock.monotonic();
      const flight = new Flight(message, now, time.at(now));
      this.#flights.set(message, flight);
      this.#publish(flight);
    }
  }

  #publish(flight: Flight): void {
    const { message, tried, sentAt } = flight;
    const { call } = message;
    flight.retry = undefined;
    flight.worker = call && this.#spread.pick(call, tried);
    const queue = flight.worker === undefined ? this.to : poolQueue(this.#type, flight.worker);
    const frame: Frame = batchFrame([message], "", sentAt);
    this.#services.pools.send(queue, frame).then(
      (outcome) => this.#settle(flight, outcome),
      () => this.#settle(flight, "lost"),
    );
  }

  #settle(flight: Flight, outcome: PublishOutcome): void {
    const { message, worker, tried } = flight;
    if (this.#closed || !this.#flights.has(message)) return;
    if (outcome === "confirmed") {
      // As many as are on their way are confirmed in the time of one.
      this.#messageMs = (this.#services.clock.monotonic() - flight.since) / this.#flights.size;
      this.#land(flight);
      message.confirmed();
      return;
    }
    if (outcome === "lost") flight.uncertain = true;
    if (worker !== undefined) {
      tried.add(worker);
      this.#spread.missed(message.call!, worker, outcome === "refused" ? "failed" : "lost");
    }
    if (this.#abandoned(flight, outcome)) return;
    // It certainly did not get there, so another one may have it at once.
    if (worker !== undefined && outcome !== "lost") {
      this.#publish(flight);
      return;
    }
    flight.failures++;
    const { clock, random } = this.#services;
    flight.retry = clock.after(retryDelayMs(flight.failures, backoff, random.next()), () => {
      if (!this.#abandoned(flight, outcome)) this.#publish(flight);
    });
  }

  /** Its time is over, or its answer has come. What an outbox holds waits for its confirm for good. */
  #abandoned(flight: Flight, outcome: PublishOutcome): boolean {
    const { message, uncertain } = flight;
    const isOver = message.done || message.expiresAt <= this.#services.clock.monotonic();
    if (!isOver || isOutbox(message.source)) return false;
    this.#land(flight);
    message.abandoned(tooLate(this.to, outcome, uncertain));
    return true;
  }

  #land(flight: Flight): void {
    flight.retry?.();
    flight.retry = undefined;
    this.#flights.delete(flight.message);
    this.#pump();
  }
}
