import {
  type ActorError,
  type Broker,
  type Clock,
  ClosedError,
  type Destination,
  type Frame,
  maxFrameBytes,
  maxFrameMessages,
  OverloadedError,
  type PublishOutcome,
  type Random,
  retryDelayMs,
  type Segment,
  UnknownOutcomeError,
  wireVersion,
} from "@actor-runtime/core";
import { soon } from "../soon.js";
import type { OutboxNumber, Outgoing } from "./outgoing.js";
import { OutgoingFrame } from "./outgoing-frame.js";

/** Bounds of what may wait in one lane for client calls (P12). */
const maxWaiting = 50_000;
const maxWaitingBytes = 32 * 1024 * 1024;
const backoff = { firstMs: 20, maxMs: 2_000 };

/**
 * The way from this process to one destination (delivery.md S1): first in, first out, at most one unconfirmed batch. What
 * arrives while a batch is unconfirmed is the next batch, so batches grow with load and a lone message goes at once.
 */
export class Lane {
  readonly #to: Destination;
  readonly #broker: Broker;
  readonly #clock: Clock;
  readonly #random: Random;
  #waiting: Outgoing[] = [];
  #waitingBytes = 0;
  /** The unconfirmed batch, empty = none. */
  #batch: Outgoing[] = [];
  /** `publishing`: a publication is under way; `retrying`: the batch waits to be published again. */
  #state: "idle" | "publishing" | "retrying" = "idle";
  #flushScheduled = false;
  #failures = 0;
  /** Some publication of the batch had an unknown outcome: its messages may be in the mailbox. */
  #uncertain = false;
  #closed = false;

  constructor(to: Destination, broker: Broker, clock: Clock, random: Random) {
    this.#to = to;
    this.#broker = broker;
    this.#clock = clock;
    this.#random = random;
  }

  /** Nothing waits and nothing is unconfirmed. */
  get idle(): boolean {
    return this.#batch.length === 0 && this.#waiting.length === 0;
  }

  /** @throws OverloadedError when a client's call would exceed the lane's bound */
  checkRoom(bytes: number): void {
    if (this.#waiting.length >= maxWaiting || this.#waitingBytes + bytes > maxWaitingBytes) {
      throw new OverloadedError(
        `mailbox ${this.#to}: ${this.#waiting.length} messages of this process wait to be sent already`,
        "mailbox",
        100,
      );
    }
  }

  send(message: Outgoing): void {
    this.#waiting.push(message);
    this.#waitingBytes += message.bytes;
    this.#flushSoon();
  }

  /**
   * Takes a message back that has certainly not been stored: it is in no batch yet, or its batch was refused every time and
   * waits to be published again. `false`: it may be in the mailbox.
   */
  withdraw(message: Outgoing): boolean {
    const waiting = this.#waiting.indexOf(message);
    if (waiting >= 0) {
      this.#waiting.splice(waiting, 1);
      this.#waitingBytes -= message.bytes;
      return true;
    }
    if (this.#state !== "retrying" || this.#uncertain) return false;
    const inBatch = this.#batch.indexOf(message);
    if (inBatch < 0) return false;
    this.#batch.splice(inBatch, 1);
    return true;
  }

  /** Drops what comes from outbox streams of this source: its partition belongs to somebody else now (T5). */
  dropOutbox(stream: string): void {
    this.#waiting = this.#waiting.filter((message) => {
      const drop = isOutbox(message.source) && message.source.stream === stream;
      if (drop) this.#waitingBytes -= message.bytes;
      return !drop;
    });
  }

  /** Abandons everything; nothing is sent from here on. */
  close(): void {
    this.#closed = true;
    const mayBeThere = this.#state === "publishing" || this.#uncertain;
    const [batch, waiting] = [this.#batch, this.#waiting];
    this.#batch = [];
    this.#waiting = [];
    this.#waitingBytes = 0;
    for (const message of batch) message.abandoned(closed(this.#to, mayBeThere ? "unknown" : "none"));
    for (const message of waiting) message.abandoned(closed(this.#to, "none"));
  }

  readonly #flush = (): void => {
    this.#flushScheduled = false;
    if (this.#closed || this.#state !== "idle" || this.#waiting.length === 0) return;
    this.#batch = this.#takeBatch();
    this.#failures = 0;
    this.#uncertain = false;
    for (const message of this.#batch) {
      const { source } = message;
      if (source === undefined) continue;
      message.number = isOutbox(source) ? source.number : source.take(message.isAsk ? message : undefined);
    }
    this.#publish();
  };

  #takeBatch(): Outgoing[] {
    let bytes = 0;
    let count = 0;
    for (const message of this.#waiting) {
      if (count === maxFrameMessages || (count > 0 && bytes + message.bytes > maxFrameBytes)) break;
      bytes += message.bytes;
      count++;
    }
    this.#waitingBytes -= bytes;
    if (count === this.#waiting.length) {
      const batch = this.#waiting;
      this.#waiting = [];
      return batch;
    }
    return this.#waiting.splice(0, count);
  }

  /** What is sent at the same moment goes into one batch. */
  #flushSoon(): void {
    if (this.#flushScheduled || this.#state !== "idle" || this.#waiting.length === 0) return;
    this.#flushScheduled = true;
    soon(this.#flush);
  }

  #publish(): void {
    this.#state = "publishing";
    const frame = frameOf(this.#batch);
    this.#broker.publish(this.#to, frame).then(this.#settle, () => this.#settle("lost"));
  }

  readonly #settle = (outcome: PublishOutcome): void => {
    if (this.#closed) return;
    if (outcome === "confirmed") {
      const batch = this.#batch;
      this.#batch = [];
      this.#state = "idle";
      for (const message of batch) {
        if (message.source !== undefined && !isOutbox(message.source)) message.source.confirm(message.number);
        message.confirmed();
      }
      // Callers that just learned of the confirm may send at once; let their messages join the next batch.
      this.#flushSoon();
      return;
    }
    if (outcome === "lost") this.#uncertain = true;
    this.#failures++;
    this.#state = "retrying";
    this.#abandonExpired(outcome);
    const delayMs = retryDelayMs(this.#failures, backoff, this.#random.next());
    this.#clock.after(delayMs, () => {
      if (this.#closed) return;
      this.#abandonExpired(outcome);
      // Same numbers, same `after` (S4): nothing of this batch has been confirmed in between.
      if (this.#batch.length > 0) {
        this.#publish();
      } else {
        this.#state = "idle";
        this.#flushSoon();
      }
    });
  };

  /** S5. The numbers of abandoned messages are burnt; the next frame's `after` says so. */
  #abandonExpired(outcome: PublishOutcome): void {
    const now = this.#clock.monotonic();
    const expired = (message: Outgoing) => message.expiresAt <= now;
    if (this.#batch.some(expired)) {
      const late = this.#batch.filter(expired);
      this.#batch = this.#batch.filter((message) => !expired(message));
      for (const message of late) message.abandoned(this.#abandonment(outcome));
    }
    if (this.#waiting.some(expired)) {
      const late = this.#waiting.filter(expired);
      this.#waiting = this.#waiting.filter((message) => !expired(message));
      for (const message of late) {
        this.#waitingBytes -= message.bytes;
        message.abandoned(overloaded(this.#to, outcome));
      }
    }
  }

  #abandonment(outcome: PublishOutcome): ActorError {
    if (!this.#uncertain) return overloaded(this.#to, outcome);
    return new UnknownOutcomeError(`mailbox ${this.#to}: the broker did not confirm the message in time`);
  }
}

function closed(to: Destination, effect: "none" | "unknown"): ClosedError {
  return new ClosedError(`mailbox ${to}: the system was closed before the message was confirmed`, effect);
}

function overloaded(to: Destination, outcome: PublishOutcome): OverloadedError {
  const reason = {
    refused: "is full",
    unroutable: "has no queue yet: no worker that hosts it has started",
    lost: "could not be reached",
    confirmed: "is busy",
  }[outcome];
  return new OverloadedError(`mailbox ${to} ${reason}`, "mailbox", 500);
}

function isOutbox(source: Outgoing["source"]): source is OutboxNumber {
  return source !== undefined && "prev" in source;
}

/** Builds the frame: one segment per dense run of one stream (delivery.md A.2). */
function frameOf(batch: readonly Outgoing[]): Frame {
  const segments: Segment[] = [];
  /** Last number of each stream in this frame. */
  let last: { stream: string; number: number } | undefined;
  let lasts: Map<string, number> | undefined;
  let run: { stream: string; first: number; count: number; after: number; settled: number } | undefined;
  for (const { source, number } of batch) {
    if (source === undefined) continue;
    const outbox = isOutbox(source);
    const stream = outbox ? source.stream : source.name;
    if (run !== undefined && run.stream === stream && run.first + run.count === number) {
      run.count++;
    } else {
      if (run !== undefined && run.stream !== stream) {
        // A second stream in one frame is rare: only then are the last numbers kept by name.
        lasts ??= new Map();
        lasts.set(run.stream, run.first + run.count - 1);
      }
      const earlier = last?.stream === stream ? last.number : lasts?.get(stream);
      const after = earlier ?? (outbox ? source.prev : source.confirmed);
      run = { stream, first: number, count: 1, after, settled: outbox ? 0 : source.settled };
      segments.push(run);
    }
    last = { stream, number };
  }
  return new OutgoingFrame({ v: wireVersion, segments }, batch);
}
