import {
  type ActorError,
  type Clock,
  ClosedError,
  callText,
  type Destination,
  errorFromWire,
  fromWire,
  type Logger,
  messageBytes,
  messageText,
  OverloadedError,
  parseReplies,
  type Reply,
  replyToField,
  UnknownOutcomeError,
} from "@actor-runtime/core";
import { Deadlines } from "../deadlines.js";
import type { AskMetrics } from "../metrics/ask-metrics.js";
import type { StoreTime } from "../store-time.js";
import type { Tracing } from "../tracing/tracing.js";
import type { CallDetails, CallTarget, CallTransaction } from "./call-target.js";
import { askMessage, checkSize, isPlain, plainBytes, tellText } from "./call-text.js";
import type { Lanes } from "./lanes.js";
import { type AskHost, cancelled, PendingAsk } from "./pending-ask.js";
import { maxPending, PendingAsks } from "./pending-asks.js";
import { PendingTell, type TellHost } from "./pending-tell.js";
import { RepeatBudget } from "./repeat-budget.js";
import { checkDestination } from "./stateless-target.js";
import { Unanswered } from "./unanswered.js";

/** A process that closes looks this often whether its last calls have their answers. */
const finishPollMs = 10;

/** Sends this process's own tells, asks and queries, and matches the answers (delivery.md S1–S8). */
export class Calls implements AskHost, TellHost {
  readonly #lanes: Lanes;
  readonly #clock: Clock;
  readonly #time: StoreTime;
  readonly #log: Logger;
  readonly #metrics: AskMetrics;
  readonly #tracing: Pick<Tracing, "fail">;
  readonly #deadlines: Deadlines;
  readonly #repeats = new RepeatBudget();
  readonly #asks = new PendingAsks();
  /** Those that run in this process, by id: each hears at once that it cannot commit any more. */
  readonly transactions = new Map<string, CallTransaction>();
  #replyTo = "";
  #replyToField = "";
  #tells = 0;
  #closed = false;

  constructor(
    lanes: Lanes,
    clock: Clock,
    time: StoreTime,
    log: Logger,
    metrics: AskMetrics,
    tracing: Pick<Tracing, "fail">,
  ) {
    this.#lanes = lanes;
    this.#clock = clock;
    this.#time = time;
    this.#log = log;
    this.#metrics = metrics;
    this.#tracing = tracing;
    this.#deadlines = new Deadlines(clock);
  }

  /** Answers arrive at this address from now on. */
  open(replyTo: string): void {
    this.#replyTo = replyTo;
    this.#replyToField = replyToField(replyTo);
    this.#lanes.open(replyTo);
  }

  get idle(): boolean {
    return this.waiting === 0;
  }

  /** Asks and queries that wait for their answer. */
  get asks(): Iterable<PendingAsk> {
    return this.#asks;
  }

  /** Resolves with the handler's answer; see ActorError for what it rejects with. */
  ask(to: Destination, target: CallTarget, argsText: string, details: CallDetails): Promise<unknown> {
    this.#check(to, target, details);
    const id = this.#asks.nextId;
    const deadline = Math.ceil(this.#time.now() + details.timeoutMs);
    // A plain call's text is made when an adapter wants it.
    const text = isPlain(details)
      ? undefined
      : messageText(askMessage(target, details, [], id, this.#replyTo, deadline), argsText);
    const bytes = text === undefined ? plainBytes(target, argsText, this.#replyToField) : messageBytes(text);
    const lane = this.#lanes.lane(to);
    checkSize(bytes, target);
    lane.checkRoom(bytes);
    const now = this.#clock.monotonic();
    this.#repeats.asked(now);
    const expiresAt = now + details.timeoutMs;
    const pending = new PendingAsk(this, id, target, details, argsText, deadline, lane, text, bytes, expiresAt);
    this.#asks.add(pending);
    // Half of the time for the answer, then once again (S8), then the rest of the time.
    this.#deadlines.setAt(pending, now + (details.repeatMs ?? details.timeoutMs / 2));
    lane.send(pending);
    return pending.promise;
  }

  /** Resolves once the broker has taken responsibility for the message. */
  tell(to: Destination, target: CallTarget, argsText: string, details: CallDetails): Promise<void> {
    this.#check(to, target, details);
    const text = tellText(target, details, argsText);
    const bytes = messageBytes(text);
    checkSize(bytes, target);
    const lane = this.#lanes.lane(to);
    lane.checkRoom(bytes);
    const expiresAt = this.#clock.monotonic() + details.timeoutMs;
    const pending = new PendingTell(this, target, details, lane, text, bytes, expiresAt);
    this.#tells++;
    this.#deadlines.setAt(pending, expiresAt);
    lane.send(pending);
    return pending.promise;
  }

  /** A frame of the reply queue. */
  receive(body: Uint8Array): void {
    let replies: Reply[];
    try {
      replies = parseReplies(body);
    } catch (error) {
      this.#log.warn({ err: error }, "a frame in the reply queue could not be read and was dropped");
      return;
    }
    for (const reply of replies) {
      if (reply.refused) {
        this.#lanes.refused(reply.refused);
        continue;
      }
      if (reply.call === "" && reply.tx !== undefined) {
        this.transactions.get(reply.tx.id)?.joined(reply.tx);
        continue;
      }
      const pending = this.#asks.find(Number(reply.call));
      // Nobody waits for the second of two answers, or for one that comes too late.
      if (pending !== undefined) answer(pending, reply);
    }
  }

  /** Answers may have been lost: repeats every ask that is out, however many (S8). */
  repeatAll(): void {
    for (const pending of this.#asks) pending.repeat();
  }

  /**
   * Resolves when no call waits any more that may still end, or at this time, in ms by the clock's `monotonic()`.
   *
   * @param served whether there is somebody who may answer what was sent there
   */
  async finish(until: number, served: (to: Destination) => boolean): Promise<void> {
    while (this.#mayEnd(served) && this.#clock.monotonic() < until) {
      await new Promise<void>((resolve) => void this.#clock.after(finishPollMs, resolve));
    }
  }

  #mayEnd(served: (to: Destination) => boolean): boolean {
    for (const { lane } of this.#asks) if (served(lane.to)) return true;
    return this.#tells > 0;
  }

  close(): void {
    this.#closed = true;
    this.#deadlines.clear();
    for (const pending of this.#asks) pending.close();
  }

  // ---- used by the pending calls

  /** The text of a call that has nothing but arguments and a time-out. */
  plainText({ target, argsText, id, deadline }: PendingAsk): string {
    return callText(target.head, argsText, this.#replyToField, id, deadline);
  }

  get replyTo(): string {
    return this.#replyTo;
  }

  now(): number {
    return this.#clock.monotonic();
  }

  settle(pending: PendingAsk, error: ActorError | undefined): void {
    if (this.#metrics.on) {
      const { target, details, expiresAt } = pending;
      this.#metrics.ended(target.type, target.handler, error, this.now() - (expiresAt - details.timeoutMs));
    }
    this.#asks.delete(pending);
    this.#deadlines.delete(pending);
    pending.lane.ended?.(pending, error);
    this.#endSpan(pending.details, error);
  }

  settleTell(pending: PendingTell, error: ActorError | undefined): void {
    this.#tells--;
    this.#deadlines.delete(pending);
    this.#endSpan(pending.details, error);
  }

  waitOn(pending: PendingAsk, until: number): void {
    this.#deadlines.setAt(pending, until);
  }

  mayRepeat(): boolean {
    return this.#repeats.take(this.#clock.monotonic());
  }

  /** Withdraws a call at its owner: not started work is not started, running work sees its signal. */
  sendCancel(pending: PendingAsk): void {
    const { target, id, lane, expiresAt } = pending;
    const { address, handler } = target;
    const message = { to: address, kind: "cancel", handler, call: String(id), replyTo: this.#replyTo } as const;
    lane.cancel(pending, new Unanswered(messageText(message, "[]"), undefined, expiresAt));
  }

  /** How many wait for an answer or a confirm. */
  get waiting(): number {
    return this.#asks.size + this.#tells;
  }

  #endSpan({ span }: CallDetails, error: ActorError | undefined): void {
    if (span === undefined) return;
    if (error === undefined) span.end();
    else this.#tracing.fail(span, error);
  }

  #check(to: Destination, target: CallTarget, details: CallDetails): void {
    const { signal } = details;
    checkDestination(to, target, details);
    if (this.#closed) throw new ClosedError(`${target.address}.${target.handler}: the system is closed`);
    if (this.waiting >= maxPending) {
      throw new OverloadedError(`${maxPending} calls of this process wait for an answer already`, "mailbox", 100);
    }
    if (signal?.aborted) throw cancelled(target, signal, "none");
  }
}

function answer(pending: PendingAsk, { error, value, tx }: Reply): void {
  try {
    if (tx !== undefined) pending.details.transaction?.joined(tx);
    if (error) pending.fail(errorFromWire(error));
    else pending.succeed(fromWire(value));
  } catch (cause) {
    const { address, handler } = pending.target;
    pending.fail(new UnknownOutcomeError(`${address}.${handler}: the answer cannot be read`, { cause }));
  }
}
