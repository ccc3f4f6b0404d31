import {
  type ActorError,
  AskTimeoutError,
  CancelledError,
  type Clock,
  ClosedError,
  callText,
  errorFromWire,
  fromWire,
  maxMessageBytes,
  messageBytes,
  messageText,
  OverloadedError,
  type PartitionId,
  parseReplies,
  type Reply,
  replyToField,
  TooLargeError,
  UnknownOutcomeError,
} from "@actor-runtime/core";
import { type Bucket, Deadlines, type Timed } from "../deadlines.js";
import type { Logger } from "../ports.js";
import type { CallTarget } from "./call-target.js";
import type { Lane, Outgoing } from "./lane.js";
import type { Lanes } from "./lanes.js";
import type { OutboundStream } from "./outbound-stream.js";

/** What is special about one call. */
export interface CallDetails {
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
  readonly headers: Readonly<Record<string, string>> | undefined;
  /** Identity of its own: `u:` or `d:` (delivery.md A.1). */
  readonly id: string | undefined;
  readonly chain: readonly string[] | undefined;
  readonly dueAt: number | undefined;
}

/** At most this many calls of one process may wait for their answer or confirm (P12); a power of two. */
const maxPending = 2 ** 18;

/** Sends this process's own tells, asks and queries, and matches the answers (delivery.md S1–S8). */
export class Calls {
  readonly #lanes: Lanes;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #deadlines: Deadlines;
  /** Waiting asks by place; a call's id is its place plus a multiple of `maxPending`, so an old id finds nobody. */
  readonly #pending: (PendingAsk | undefined)[] = [];
  readonly #freePlaces: number[] = [];
  #generation = 0;
  #replyTo = "";
  #replyToField = "";
  #tells = 0;
  #closed = false;

  constructor(lanes: Lanes, clock: Clock, log: Logger) {
    this.#lanes = lanes;
    this.#clock = clock;
    this.#log = log;
    this.#deadlines = new Deadlines(clock);
  }

  /** Answers arrive at this address from now on. */
  open(replyTo: string): void {
    this.#replyTo = replyTo;
    this.#replyToField = replyToField(replyTo);
  }

  get idle(): boolean {
    return this.#waiting === 0;
  }

  /** Resolves with the handler's answer; see ActorError for what it rejects with. */
  ask(partition: PartitionId, target: CallTarget, argsText: string, details: CallDetails): Promise<unknown> {
    this.#check(target, details);
    const place = this.#freePlaces.pop() ?? this.#pending.length;
    const id = this.#generation++ * maxPending + place;
    const text = this.#askText(target, argsText, details, id);
    // Only head and arguments may hold more than ASCII, so the whole text need not be looked through again.
    const plain = isPlain(details);
    const rest = text.length - target.head.length - argsText.length;
    const bytes = plain ? target.headBytes + messageBytes(argsText) + rest : messageBytes(text);
    const lane = this.#lanes.lane(partition);
    try {
      checkSize(bytes, target);
      lane.checkRoom(bytes);
    } catch (error) {
      this.#freePlaces.push(place);
      throw error;
    }
    const source = target.kind === "query" ? undefined : this.#lanes.stream(partition);
    const now = this.#clock.monotonic();
    const pending = new PendingAsk(this, id, target, details, lane, text, bytes, source, now + details.timeoutMs);
    this.#pending[place] = pending;
    // Half of the time for the answer, then once again (S8), then the rest of the time.
    this.#deadlines.setAt(pending, now + details.timeoutMs / 2);
    lane.send(pending);
    return pending.promise;
  }

  /** Resolves once the broker has taken responsibility for the message. */
  tell(partition: PartitionId, target: CallTarget, argsText: string, details: CallDetails): Promise<void> {
    this.#check(target, details);
    const text = messageText(
      {
        to: target.address,
        kind: "tell",
        handler: target.handler,
        id: details.id,
        dueAt: details.dueAt,
        headers: details.headers,
      },
      argsText,
    );
    const bytes = messageBytes(text);
    checkSize(bytes, target);
    const lane = this.#lanes.lane(partition);
    lane.checkRoom(bytes);
    const expiresAt = this.#clock.monotonic() + details.timeoutMs;
    const pending = new PendingTell(this, target, details, lane, text, bytes, this.#lanes.stream(partition), expiresAt);
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
      const id = Number(reply.call);
      const pending = this.#pending[id % maxPending];
      // An answer nobody waits for: the second of two, or one that came too late.
      if (pending?.id !== id) continue;
      if (reply.error) pending.fail(errorFromWire(reply.error));
      else pending.succeed(fromWire(reply.value));
    }
  }

  /** Answers may have been lost: repeats every ask that is out (S8). */
  repeatAll(): void {
    for (const pending of this.#pending) pending?.repeat();
  }

  close(): void {
    this.#closed = true;
    this.#deadlines.clear();
    for (const pending of this.#pending) {
      pending?.fail(new ClosedError(`${pending.target.address}: the system was closed before the answer came`));
    }
  }

  // ---- used by the pending calls below

  now(): number {
    return this.#clock.monotonic();
  }

  settle(pending: PendingAsk): void {
    const place = pending.id % maxPending;
    this.#pending[place] = undefined;
    this.#freePlaces.push(place);
    this.#deadlines.delete(pending);
  }

  settleTell(pending: PendingTell): void {
    this.#tells--;
    this.#deadlines.delete(pending);
  }

  /** Waits for the second half of the time. */
  waitOn(pending: PendingAsk): void {
    this.#deadlines.setAt(pending, pending.expiresAt);
  }

  /** Withdraws a call at its owner: not started work is not started, running work sees its signal. */
  sendCancel({ target, id, lane, expiresAt }: PendingAsk): void {
    const { address, handler } = target;
    const message = { to: address, kind: "cancel", handler, call: String(id), replyTo: this.#replyTo } as const;
    lane.send(new Unanswered(messageText(message, "[]"), undefined, expiresAt));
  }

  get #waiting(): number {
    return this.#pending.length - this.#freePlaces.length + this.#tells;
  }

  #check(target: CallTarget, { signal }: CallDetails): void {
    if (this.#closed) throw new ClosedError(`${target.address}.${target.handler}: the system is closed`);
    if (this.#waiting >= maxPending) {
      throw new OverloadedError(`${maxPending} calls of this process wait for an answer already`, "mailbox", 100);
    }
    if (signal?.aborted) throw cancelled(target, signal, "none");
  }

  #askText(target: CallTarget, argsText: string, details: CallDetails, call: number): string {
    const deadline = Math.ceil(this.#clock.now() + details.timeoutMs);
    if (isPlain(details)) return callText(target.head, argsText, this.#replyToField, call, deadline);
    const { id, chain, headers } = details;
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
        headers,
      },
      argsText,
    );
  }
}

/** An ask or query that waits for its answer. */
class PendingAsk implements Outgoing, Timed {
  bucket: Bucket | undefined;
  earlier: Timed | undefined;
  later: Timed | undefined;
  number = 0;
  done = false;
  readonly promise: Promise<unknown>;
  #resolve!: (value: unknown) => void;
  #reject!: (error: ActorError) => void;
  #onAbort: (() => void) | undefined;
  #sent = false;
  #repeat: Unanswered | undefined;

  constructor(
    readonly calls: Calls,
    readonly id: number,
    readonly target: CallTarget,
    readonly details: CallDetails,
    readonly lane: Lane,
    readonly text: string,
    readonly bytes: number,
    readonly source: OutboundStream | undefined,
    readonly expiresAt: number,
  ) {
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    if (details.signal) {
      this.#onAbort = () => this.#cancel();
      details.signal.addEventListener("abort", this.#onAbort, { once: true });
    }
  }

  get isAsk(): boolean {
    return this.source !== undefined;
  }

  confirmed(): void {
    this.#sent = true;
  }

  abandoned(error: ActorError): void {
    this.fail(error);
  }

  succeed(value: unknown): void {
    if (this.#settle()) this.#resolve(value);
  }

  fail(error: ActorError): void {
    if (this.#settle()) this.#reject(error);
  }

  due(): void {
    if (this.#repeat === undefined && this.#sent && this.expiresAt - this.calls.now() > 1) {
      this.repeat();
      this.calls.waitOn(this);
    } else if (this.expiresAt - this.calls.now() > 1) {
      this.calls.waitOn(this);
    } else if (this.lane.withdraw(this)) {
      this.fail(new OverloadedError(`${this.#what}: not sent within ${this.details.timeoutMs} ms`, "mailbox", 500));
    } else {
      this.fail(new AskTimeoutError(`${this.#what}: no answer within ${this.details.timeoutMs} ms`));
    }
  }

  /** S8: once, under a new number, with the identity of the first publication. */
  repeat(): void {
    if (!this.#sent || this.#repeat !== undefined) return;
    const { source, text } = this;
    const plain = source !== undefined && this.details.id === undefined;
    this.#repeat = new Unanswered(
      plain ? `${text.slice(0, -1)},"of":"${source.name}:${this.number}"}` : text,
      source,
      this.expiresAt,
    );
    this.lane.send(this.#repeat);
  }

  #cancel(): void {
    const { signal } = this.details;
    if (this.lane.withdraw(this)) {
      this.fail(cancelled(this.target, signal, "none"));
      return;
    }
    this.calls.sendCancel(this);
    this.fail(cancelled(this.target, signal, this.source === undefined ? "none" : "unknown"));
  }

  get #what(): string {
    return `${this.target.address}.${this.target.handler}`;
  }

  #settle(): boolean {
    if (this.done) return false;
    this.done = true;
    if (this.#repeat) this.#repeat.done = true;
    if (this.#onAbort) this.details.signal?.removeEventListener("abort", this.#onAbort);
    this.calls.settle(this);
    return true;
  }
}

/** A tell that waits for the broker's confirm. */
class PendingTell implements Outgoing, Timed {
  bucket: Bucket | undefined;
  earlier: Timed | undefined;
  later: Timed | undefined;
  number = 0;
  done = false;
  readonly isAsk = false;
  readonly promise: Promise<void>;
  #resolve!: () => void;
  #reject!: (error: ActorError) => void;

  constructor(
    readonly calls: Calls,
    readonly target: CallTarget,
    readonly details: CallDetails,
    readonly lane: Lane,
    readonly text: string,
    readonly bytes: number,
    readonly source: OutboundStream,
    readonly expiresAt: number,
  ) {
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  confirmed(): void {
    if (this.#settle()) this.#resolve();
  }

  abandoned(error: ActorError): void {
    if (this.#settle()) this.#reject(error);
  }

  due(): void {
    const what = `${this.target.address}.${this.target.handler}`;
    const { timeoutMs } = this.details;
    if (this.lane.withdraw(this)) {
      this.abandoned(new OverloadedError(`${what}: not sent within ${timeoutMs} ms`, "mailbox", 500));
    } else {
      this.abandoned(new UnknownOutcomeError(`${what}: the broker did not confirm within ${timeoutMs} ms`));
    }
  }

  #settle(): boolean {
    if (this.done) return false;
    this.done = true;
    this.calls.settleTell(this);
    return true;
  }
}

/** A repeat or a cancellation: nobody waits for its confirm. */
class Unanswered implements Outgoing {
  number = 0;
  /** The ask it repeats has its answer. */
  done = false;
  readonly bytes: number;
  constructor(
    readonly text: string,
    readonly source: OutboundStream | undefined,
    readonly expiresAt: number,
  ) {
    this.bytes = messageBytes(text);
  }
  get isAsk(): boolean {
    return this.source !== undefined;
  }
  confirmed(): void {}
  abandoned(): void {
    this.done = true;
  }
}

function cancelled(target: CallTarget, signal: AbortSignal | undefined, effect: "none" | "unknown"): CancelledError {
  return new CancelledError(`${target.address}.${target.handler}: cancelled by the caller`, effect, {
    cause: signal?.reason,
  });
}

/** Nothing but arguments, a time-out and perhaps a signal. */
function isPlain({ id, chain, headers }: CallDetails): boolean {
  return id === undefined && chain === undefined && headers === undefined;
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
