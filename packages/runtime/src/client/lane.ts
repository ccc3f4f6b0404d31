import {
  type Broker,
  type Cancel,
  type Clock,
  type Destination,
  finText,
  type PublishOutcome,
  type Random,
  retryDelayMs,
} from "@actor-runtime/core";
import { soon } from "../soon.js";
import type { StoreTime } from "../store-time.js";
import { batchFrame, isOutbox } from "./batch-frame.js";
import { OutboundStream } from "./outbound-stream.js";
import type { Outgoing, OutgoingCall } from "./outgoing.js";
import { closedBefore, tooLate } from "./refusals.js";
import { Unanswered } from "./unanswered.js";
import { Waiting } from "./waiting.js";
import type { Way } from "./way.js";

const backoff = { firstMs: 20, maxMs: 2_000 };

/** What all lanes of a process share. */
export interface LaneServices {
  readonly broker: Broker;
  readonly clock: Clock;
  readonly random: Random;
  readonly time: StoreTime;
  /** How long owners keep the row of a silent stream (`Limits.streamRetentionMs`). */
  readonly streamRetentionMs: number;
  /** Address of this process's reply queue, once it is open. */
  replyTo: string;
}

/**
 * The way from this process to one destination (delivery.md S1): first in, first out, at most one unconfirmed batch. What
 * arrives while a batch is unconfirmed is the next batch, so batches grow with load and a lone message goes at once.
 */
export class Lane implements Way {
  readonly to: Destination;
  readonly #services: LaneServices;
  /** This process's own stream to the destination. */
  #own: OutboundStream | undefined;
  readonly #waiting = new Waiting();
  /** The unconfirmed batch, empty = none. */
  #batch: Outgoing[] = [];
  /** `publishing`: a publication is under way; `retrying`: the batch waits to be published again. */
  #state: "idle" | "publishing" | "retrying" = "idle";
  #flushScheduled = false;
  /** When the batch was first published. */
  #batchSince = 0;
  /** The same as the store's time, in ms since 1970. */
  #batchSentAt = 0;
  /** How long each message of the last confirmed batch took; 0: none was. */
  #messageMs = 0;
  #failures = 0;
  /** Some publication of the batch had an unknown outcome: its messages may be in the mailbox. */
  #uncertain = false;
  #cancelRetry: Cancel = () => {};
  #closed = false;

  constructor(to: Destination, services: LaneServices) {
    this.to = to;
    this.#services = services;
  }

  /** Nothing waits and nothing is unconfirmed. */
  get idle(): boolean {
    return this.#batch.length === 0 && this.#waiting.length === 0;
  }

  /** @throws OverloadedError when a client's call would exceed the lane's bound */
  checkRoom(bytes: number): void {
    this.#waiting.checkRoom(this.to, bytes, this.#messageMs);
  }

  send(message: Outgoing): void {
    this.#waiting.push(message);
    this.#flushSoon();
  }

  cancel(_call: OutgoingCall, word: Outgoing): void {
    this.send(word);
  }

  /**
   * Takes a message back that has certainly not been stored: it is in no batch yet, or its batch was refused every time and
   * waits to be published again. `false`: it may be in the mailbox.
   */
  withdraw(message: Outgoing): boolean {
    if (this.#waiting.remove(message)) return true;
    if (this.#state !== "retrying" || this.#uncertain) return false;
    const inBatch = this.#batch.indexOf(message);
    if (inBatch < 0) return false;
    this.#batch.splice(inBatch, 1);
    return true;
  }

  /** Drops what comes from outbox streams of this source: its partition belongs to somebody else now (T5). */
  dropOutbox(stream: string): void {
    this.#waiting.removeAll(({ source }) => isOutbox(source) && source.stream === stream);
  }

  /**
   * S6: the owner does not take the stream. What comes next goes under a new one, and an unconfirmed batch is not published
   * again.
   *
   * @returns whether it is this process's own stream
   */
  closeStream(name: string): boolean {
    if (this.#own?.name !== name) return false;
    this.#own.closed = true;
    return true;
  }

  /**
   * S9: says that nothing more comes of this process's stream, so that its owner need not wait for it. Only if no number has
   * a second copy; the rows of other streams age. Resolves when the broker has it, or has failed to take it.
   */
  async finish(): Promise<void> {
    const own = this.#own;
    if (this.#closed || own === undefined || own.closed || !own.clean || !this.idle) return;
    const fin = new Unanswered(finText, "own", 0);
    own.closed = true;
    fin.stream = own;
    fin.number = own.take(undefined);
    await this.#services.broker
      .publish(this.to, batchFrame([fin], this.#services.replyTo, this.#services.time.now()))
      .catch(() => {});
  }

  /** Abandons everything; nothing is sent from here on. */
  close(): void {
    this.#closed = true;
    this.#cancelRetry();
    const mayBeThere = this.#state === "publishing" || this.#uncertain;
    const batch = this.#batch;
    this.#batch = [];
    const waiting = this.#waiting.removeAll(() => true);
    for (const message of batch) message.abandoned(closedBefore(this.to, mayBeThere));
    for (const message of waiting) message.abandoned(closedBefore(this.to, false));
  }

  readonly #flush = (): void => {
    this.#flushScheduled = false;
    if (this.#closed || this.#state !== "idle" || this.#waiting.length === 0) return;
    this.#batch = this.#waiting.takeFrame();
    this.#failures = 0;
    this.#uncertain = false;
    const now = this.#services.clock.monotonic();
    this.#batchSince = now;
    this.#batchSentAt = this.#services.time.at(now);
    let own: OutboundStream | undefined;
    for (const message of this.#batch) {
      const { source } = message;
      if (source === undefined) continue;
      if (isOutbox(source)) {
        message.number = source.number;
      } else {
        own ??= this.#ownStream(now);
        message.stream = own;
        message.number = own.take(message.isAsk ? message : undefined);
      }
    }
    this.#publish(now);
  };

  /** S6: a stream that was silent for long may be forgotten by its owner, so a new one is opened. */
  #ownStream(now: number): OutboundStream {
    const own = this.#own;
    if (own !== undefined && !own.closed && now - own.publishedAt <= this.#halfRetentionMs) return own;
    const { time, random } = this.#services;
    return (this.#own = new OutboundStream(Math.floor(time.now()), random.id(), now));
  }

  get #halfRetentionMs(): number {
    return this.#services.streamRetentionMs / 2;
  }

  /** What is sent at the same moment goes into one batch. */
  #flushSoon(): void {
    if (this.#flushScheduled || this.#state !== "idle" || this.#waiting.length === 0) return;
    this.#flushScheduled = true;
    soon(this.#flush);
  }

  #publish(now: number): void {
    this.#state = "publishing";
    const { broker, replyTo } = this.#services;
    if (this.#batch.some(isOwn)) this.#own!.publishedAt = now;
    const frame = batchFrame(this.#batch, replyTo, this.#batchSentAt);
    broker.publish(this.to, frame).then(this.#settle, () => this.#settle("lost"));
  }

  readonly #settle = (outcome: PublishOutcome): void => {
    if (this.#closed) return;
    if (outcome === "confirmed") {
      const batch = this.#batch;
      this.#batch = [];
      this.#state = "idle";
      this.#messageMs = (this.#services.clock.monotonic() - this.#batchSince) / batch.length;
      for (const message of batch) {
        message.stream?.confirm(message.number);
        message.confirmed();
      }
      // Callers that just learned of the confirm may send at once; let their messages join the next batch.
      this.#flushSoon();
      return;
    }
    if (outcome === "lost") this.#uncertain = true;
    if (this.#own) this.#own.clean = false;
    this.#failures++;
    this.#state = "retrying";
    this.#abandonExpired(outcome);
    const { clock, random } = this.#services;
    const delayMs = retryDelayMs(this.#failures, backoff, random.next());
    this.#cancelRetry = clock.after(delayMs, () => {
      this.#abandonExpired(outcome);
      // Same numbers, same `after` (S4): nothing of this batch has been confirmed in between.
      if (this.#batch.length > 0) {
        this.#publish(clock.monotonic());
      } else {
        this.#state = "idle";
        this.#flushSoon();
      }
    });
  };

  /** S5 and S6. The numbers of abandoned messages are burnt; the next frame's `after` says so. */
  #abandonExpired(outcome: PublishOutcome): void {
    const now = this.#services.clock.monotonic();
    const expired = (message: Outgoing) => message.expiresAt <= now;
    if (this.#own && now - this.#batchSince > this.#halfRetentionMs) this.#own.closed = true;
    const given = this.#own?.closed ? (message: Outgoing) => isOwn(message) || expired(message) : expired;
    if (this.#batch.some(given)) {
      const late = this.#batch.filter(given);
      this.#batch = this.#batch.filter((message) => !given(message));
      for (const message of late) message.abandoned(tooLate(this.to, outcome, this.#uncertain));
    }
    for (const message of this.#waiting.removeAll(expired)) message.abandoned(tooLate(this.to, outcome, false));
  }
}

function isOwn({ source }: Outgoing): boolean {
  return source === "own";
}
