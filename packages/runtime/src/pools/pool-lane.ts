import {
  type ActorError,
  type Cancel,
  type Clock,
  ClosedError,
  type Frame,
  OverloadedError,
  type PoolQueue,
  type Pools,
  type PublishOutcome,
  parsePoolQueue,
  poolQueue,
  type Random,
  retryDelayMs,
  UnknownOutcomeError,
} from "@actor-runtime/core";
import { batchFrame, isOutbox } from "../client/batch-frame.js";
import { OutboundStream } from "../client/outbound-stream.js";
import type { Outgoing, OutgoingCall } from "../client/outgoing.js";
import type { Way } from "../client/way.js";
import type { StoreTime } from "../store-time.js";
import type { Spread } from "./spread.js";

/** Messages that may be on their way at a time, and bounds of what waits beside them (P12). */
const maxFlights = 1_024;
const maxWaiting = 50_000;
const maxWaitingBytes = 32 * 1024 * 1024;
const backoff = { firstMs: 20, maxMs: 2_000 };

export interface PoolLaneServices {
  readonly pools: Pools;
  readonly clock: Clock;
  readonly random: Random;
  readonly time: StoreTime;
}

/** One message of this process that is not confirmed yet. */
class Flight {
  /** When it was first published. */
  sentAt = 0;
  /** Whose own queue it goes to; `undefined`: the shared one. */
  worker: string | undefined;
  /** Workers that certainly did not get it. */
  readonly tried = new Set<string>();
  failures = 0;
  /** Some publication had an unknown outcome: it may have arrived. */
  uncertain = false;
  /** It waits to be published again. */
  retry: Cancel | undefined;

  /** @param call the ask or query that it is, or repeats; `undefined`: nobody waits for an answer */
  constructor(
    readonly message: Outgoing,
    readonly call: OutgoingCall | undefined,
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
  #waiting: Flight[] = [];
  #waitingBytes = 0;
  readonly #flights = new Map<Outgoing, Flight>();
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
    if (this.#waiting.length < maxWaiting && this.#waitingBytes + bytes <= maxWaitingBytes) return;
    throw new OverloadedError(
      `${this.to}: ${this.#waiting.length} messages of this process wait to be sent already`,
      "mailbox",
      100,
    );
  }

  send(message: Outgoing): void {
    this.#take(new Flight(message, undefined));
  }

  ask(call: OutgoingCall): void {
    this.#take(new Flight(call, call));
  }

  repeat(call: OutgoingCall, again: Outgoing): void {
    this.#take(new Flight(again, call));
  }

  /** Who took a call from the shared queue is not known: there it runs, unless its time is over. */
  cancel(call: OutgoingCall, word: Outgoing): void {
    for (const worker of this.#spread.workersOf(call)) {
      const frame = batchFrame([word], "", this.#services.time.now());
      this.#services.pools.send(poolQueue(this.#type, worker), frame).catch(() => {});
    }
  }

  withdraw(message: Outgoing): boolean {
    const waiting = this.#waiting.findIndex((flight) => flight.message === message);
    if (waiting >= 0) {
      this.#waiting.splice(waiting, 1);
      this.#waitingBytes -= message.bytes;
      return true;
    }
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
    const isDropped = ({ message: { source } }: Flight) => isOutbox(source) && source.stream === stream;
    for (const { message } of this.#waiting.filter(isDropped)) this.#waitingBytes -= message.bytes;
    this.#waiting = this.#waiting.filter((flight) => !isDropped(flight));
    for (const flight of [...this.#flights.values()]) {
      if (flight.retry !== undefined && isDropped(flight)) this.#land(flight);
    }
  }

  async finish(): Promise<void> {}

  close(): void {
    this.#closed = true;
    this.#spread.close();
    const [waiting, flights] = [this.#waiting, [...this.#flights.values()]];
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#flights.clear();
    for (const { message } of waiting) message.abandoned(this.#closedError("none"));
    for (const { message, retry, uncertain } of flights) {
      retry?.();
      message.abandoned(this.#closedError(retry === undefined || uncertain ? "unknown" : "none"));
    }
  }

  #take(flight: Flight): void {
    this.#waiting.push(flight);
    this.#waitingBytes += flight.message.bytes;
    this.#pump();
  }

  #pump(): void {
    while (!this.#closed && this.#flights.size < maxFlights) {
      const flight = this.#waiting.shift();
      if (flight === undefined) return;
      const { message } = flight;
      this.#waitingBytes -= message.bytes;
      if (isOutbox(message.source)) {
        message.number = message.source.number;
      } else if (message.source === "own") {
        message.stream = this.#own;
        message.number = this.#own.take(undefined);
      }
      flight.sentAt = this.#services.time.now();
      this.#flights.set(message, flight);
      this.#publish(flight);
    }
  }

  #publish(flight: Flight): void {
    const { call, message, tried, sentAt } = flight;
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
    const { call, message, worker, tried } = flight;
    if (this.#closed || !this.#flights.has(message)) return;
    if (outcome === "confirmed") {
      this.#land(flight);
      message.confirmed();
      return;
    }
    if (outcome === "lost") flight.uncertain = true;
    if (worker !== undefined) {
      tried.add(worker);
      this.#spread.missed(call!, worker, outcome === "refused" ? "failed" : "lost");
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
    message.abandoned(
      uncertain
        ? new UnknownOutcomeError(`${this.to}: the broker did not confirm the message in time`)
        : new OverloadedError(`${this.to} ${reasons[outcome]}`, "mailbox", 500),
    );
    return true;
  }

  #land(flight: Flight): void {
    flight.retry?.();
    flight.retry = undefined;
    this.#flights.delete(flight.message);
    this.#pump();
  }

  #closedError(effect: "none" | "unknown"): ClosedError {
    return new ClosedError(`${this.to}: the system was closed before the message was confirmed`, effect);
  }
}

const reasons: Readonly<Record<PublishOutcome, string>> = {
  refused: "is full",
  unroutable: "has no queue yet: no worker that hosts it has started",
  lost: "could not be reached",
  confirmed: "is busy",
};
