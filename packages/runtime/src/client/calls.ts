import {
  type ActorError,
  type Clock,
  ClosedError,
  callText,
  type Destination,
  errorFromWire,
  fromWire,
  type Logger,
  maxMessageBytes,
  messageBytes,
  messageText,
  OverloadedError,
  parseReplies,
  type Reply,
  replyToField,
  TooLargeError,
  UnknownOutcomeError,
} from "@actor-runtime/core";
import { Deadlines } from "../deadlines.js";
import type { AskMetrics } from "../metrics/ask-metrics.js";
import type { StoreTime } from "../store-time.js";
import type { Tracing } from "../tracing/tracing.js";
import type { CallDetails, CallTarget, CallTransaction } from "./call-target.js";
import type { Lanes } from "./lanes.js";
import { type AskHost, cancelled, PendingAsk } from "./pending-ask.js";
import { PendingTell, type TellHost } from "./pending-tell.js";
import { RepeatBudget } from "./repeat-budget.js";
import { checkDestination } from "./stateless-target.js";
import { Unanswered } from "./unanswered.js";

/** At most this many calls of one process may wait for their answer or confirm (P12); a power of two. */
const maxPending = 2 ** 18;
/** Ids stay whole numbers that are exact: beyond, after weeks of many calls, they begin anew. */
const maxGenerations = 2 ** 53 / maxPending;
/** The most that `callText` adds to head, arguments and reply address: names, braces, and two numbers of up to 16 digits. */
const plainTailBytes = 64;
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
  /** Waiting asks by place; a call's id is its place plus a multiple of `maxPending`, so an old id finds nobody. */
  readonly #pending: (PendingAsk | undefined)[] = [];
  readonly #freePlaces: number[] = [];
  /** Those that run in this process, by id: each hears at once that it cannot commit any more. */
  readonly transactions = new Map<string, CallTransaction>();
  #generation = 0;
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
    return this.#pending.filter((pending) => pending !== undefined);
  }

  /** Resolves with the handler's answer; see ActorError for what it rejects with. */
  ask(to: Destination, target: CallTarget, argsText: string, details: CallDetails): Promise<unknown> {
    this.#check(to, target, details);
    const place = this.#freePlaces.pop() ?? this.#pending.length;
    const id = this.#generation * maxPending + place;
    this.#generation = (this.#generation + 1) % maxGenerations;
    const deadline = Math.ceil(this.#time.now() + details.timeoutMs);
    // A plain call's text is made when an adapter wants it; its size is known without.
    const text = isPlain(details) ? undefined : this.#askText(target, argsText, details, id, deadline);
    const plainBytes = target.headBytes + messageBytes(argsText) + this.#replyToField.length + plainTailBytes;
    const bytes = text === undefined ? plainBytes : messageBytes(text);
    const lane = this.#lanes.lane(to);
    try {
      checkSize(bytes, target);
      lane.checkRoom(bytes);
    } catch (error) {
      this.#freePlaces.push(place);
      throw error;
    }
    const now = this.#clock.monotonic();
    this.#repeats.asked(now);
    const expiresAt = now + details.timeoutMs;
    const pending = new PendingAsk(this, id, target, details, argsText, deadline, lane, text, bytes, expiresAt);
    this.#pending[place] = pending;
    // Half of the time for the answer, then once again (S8), then the rest of the time.
    this.#deadlines.setAt(pending, now + (details.repeatMs ?? details.timeoutMs / 2));
    lane.send(pending);
    return pending.promise;
  }

  /** Resolves once the broker has taken responsibility for the message. */
  tell(to: Destination, target: CallTarget, argsText: string, details: CallDetails): Promise<void> {
    this.#check(to, target, details);
    const text = messageText(
      {
        to: target.address,
        kind: "tell",
        handler: target.handler,
        id: details.id,
        dueAt: details.dueAt,
        trace: details.trace,
        headers: details.headers,
      },
      argsText,
    );
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
      const id = Number(reply.call);
      const pending = this.#pending[id % maxPending];
      // An answer nobody waits for: the second of two, or one that came too late.
      if (pending?.id !== id) continue;
      answer(pending, reply);
    }
  }

  /** Answers may have been lost: repeats every ask that is out, however many (S8). */
  repeatAll(): void {
    for (const pending of this.#pending) pending?.repeat();
  }

  /**
   * Resolves when no call waits any more that may still end, or at this time, in ms by the clock's `monotonic()`.
   *
   * @param served whether there is somebody who may answer what was sent there
   */
  async finish(until: number, served: (to: Destination) => boolean): Promise<void> {
    const waits = () => this.#tells > 0 || this.#pending.some((pending) => pending && served(pending.lane.to));
    while (waits() && this.#clock.monotonic() < until) {
      await new Promise<void>((resolve) => void this.#clock.after(finishPollMs, resolve));
    }
  }

  close(): void {
    this.#closed = true;
    this.#deadlines.clear();
    for (const pending of this.#pending) pending?.close();
  }

  // ---- used by the pending calls below

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
    const place = pending.id % maxPending;
    this.#pending[place] = undefined;
    this.#freePlaces.push(place);
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
    return this.#pending.length - this.#freePlaces.length + this.#tells;
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

  #askText(target: CallTarget, argsText: string, details: CallDetails, call: number, deadline: number): string {
    const { id, chain, locks, transaction, trace, headers } = details;
    return messageText(
      {
        to: target.address,
        kind: target.kind,
        handler: target.handler,
        id,
        call: String(call),
        replyTo: this.#replyTo,
        deadline,
        chain,
        locks,
        tx: transaction?.context,
        trace,
        headers,
      },
      argsText,
    );
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

/** Nothing but arguments, a time-out and perhaps a signal. */
function isPlain({ id, chain, locks, transaction, trace, headers }: CallDetails): boolean {
  const own = id === undefined && headers === undefined && transaction === undefined;
  return own && chain === undefined && locks === undefined && trace === undefined;
}

/** @throws TooLargeError before a number is taken (delivery.md A.2) */
function checkSize(bytes: number, target: CallTarget): void {
  if (bytes > maxMessageBytes) {
    throw new TooLargeError(
      `${target.address}.${target.handler}: the message has ${bytes} bytes, at most ${maxMessageBytes} may be sent; ` +
        "store the data elsewhere and send a reference",
    );
  }
}
