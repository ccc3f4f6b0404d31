import {
  type ActorError,
  AskTimeoutError,
  CancelledError,
  type Clock,
  ClosedError,
  errorFromWire,
  fromWire,
  type Message,
  messageBytes,
  type MessageKind,
  messageText,
  maxMessageBytes,
  OverloadedError,
  type PartitionId,
  parseReplies,
  type Reply,
  TooLargeError,
  UnknownOutcomeError,
} from "@actor-runtime/core";
import { Deadlines, noDeadline, type Timed } from "../deadlines.js";
import type { Logger } from "../ports.js";
import type { Lane, Outgoing } from "./lane.js";
import type { Lanes } from "./lanes.js";
import type { OutboundStream } from "./outbound-stream.js";

/** One call, its target known and its arguments encoded. */
export interface Call {
  readonly partition: PartitionId;
  readonly address: string;
  readonly kind: Exclude<MessageKind, "cancel">;
  readonly handler: string;
  readonly argsText: string;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  /** Identity of its own: `u:` or `d:` (delivery.md A.1). */
  readonly id?: string | undefined;
  readonly chain?: readonly string[] | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly dueAt?: number | undefined;
}

/** At most this many calls of one process may wait for their answer or confirm (P12). */
const maxPending = 200_000;

/** Sends this process's own tells, asks and queries, and matches the answers (delivery.md S1–S8). */
export class Calls {
  readonly #lanes: Lanes;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #pending = new Map<string, PendingAsk>();
  readonly #deadlines: Deadlines;
  #replyTo = "";
  #lastCall = 0;
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
  }

  get idle(): boolean {
    return this.#pending.size === 0 && this.#tells === 0;
  }

  /** Resolves with the handler's answer; see {@link ActorError} for what it rejects with. */
  ask(call: Call): Promise<unknown> {
    this.#check(call);
    const id = String(++this.#lastCall);
    const text = messageText(this.#message(call, id), call.argsText);
    const bytes = checkedBytes(text, call);
    const lane = this.#lanes.lane(call.partition);
    lane.checkRoom(bytes);
    const source = call.kind === "query" ? undefined : this.#lanes.stream(call.partition);
    const expiresAt = this.#clock.monotonic() + call.timeoutMs;
    const pending = new PendingAsk(this, id, call, lane, text, bytes, source, expiresAt);
    this.#pending.set(id, pending);
    // Half of the time for the answer, then once again (S8), then the rest of the time.
    this.#deadlines.set(pending, call.timeoutMs / 2);
    lane.send(pending);
    return pending.promise;
  }

  /** Resolves once the broker has taken responsibility for the message. */
  tell(call: Call): Promise<void> {
    this.#check(call);
    const text = messageText(this.#message(call, undefined), call.argsText);
    const bytes = checkedBytes(text, call);
    const lane = this.#lanes.lane(call.partition);
    lane.checkRoom(bytes);
    const expiresAt = this.#clock.monotonic() + call.timeoutMs;
    const pending = new PendingTell(this, call, lane, text, bytes, this.#lanes.stream(call.partition), expiresAt);
    this.#tells++;
    this.#deadlines.set(pending, call.timeoutMs);
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
      const pending = this.#pending.get(reply.call);
      // An answer nobody waits for: the second of two, or one that came too late.
      if (!pending) continue;
      if (reply.error) pending.fail(errorFromWire(reply.error));
      else pending.succeed(fromWire(reply.value));
    }
  }

  /** Answers may have been lost: repeats every ask that is out (S8). */
  repeatAll(): void {
    for (const pending of this.#pending.values()) pending.repeat();
  }

  close(): void {
    this.#closed = true;
    this.#deadlines.clear();
    for (const pending of [...this.#pending.values()]) {
      pending.fail(new ClosedError(`${pending.call.address}: the system was closed before the answer came`));
    }
  }

  // ---- used by the pending calls below

  settle(pending: PendingAsk): void {
    this.#pending.delete(pending.id);
    this.#deadlines.delete(pending);
  }

  settleTell(pending: PendingTell): void {
    this.#tells--;
    this.#deadlines.delete(pending);
  }

  now(): number {
    return this.#clock.monotonic();
  }

  /** Waits for the second half of the time. */
  waitOn(pending: PendingAsk): void {
    this.#deadlines.set(pending, Math.max(0, pending.expiresAt - this.#clock.monotonic()));
  }

  /** Withdraws a call at its owner: not started work is not started, running work sees its signal. */
  sendCancel(pending: PendingAsk): void {
    const text = messageText(
      { to: pending.call.address, kind: "cancel", handler: pending.call.handler, call: pending.id, replyTo: this.#replyTo },
      "[]",
    );
    pending.lane.send(new Unanswered(text, undefined, pending.expiresAt));
  }

  #check(call: Call): void {
    if (this.#closed) throw new ClosedError(`${call.address}.${call.handler}: the system is closed`);
    if (this.#pending.size + this.#tells >= maxPending) {
      throw new OverloadedError(`${maxPending} calls of this process wait for an answer already`, "mailbox", 100);
    }
    if (call.signal?.aborted) throw cancelled(call, "none");
  }

  #message(call: Call, id: string | undefined): Omit<Message, "args"> {
    return {
      to: call.address,
      kind: call.kind,
      handler: call.handler,
      id: call.id,
      call: id,
      replyTo: id === undefined ? undefined : this.#replyTo,
      deadline: id === undefined ? undefined : Math.ceil(this.#clock.now() + call.timeoutMs),
      dueAt: call.dueAt,
      chain: call.chain,
      headers: call.headers,
    };
  }
}

/** An ask or query that waits for its answer. */
class PendingAsk implements Outgoing, Timed {
  bucket = noDeadline;
  number = 0;
  readonly promise: Promise<unknown>;
  #resolve!: (value: unknown) => void;
  #reject!: (error: ActorError) => void;
  #onAbort: (() => void) | undefined;
  #sent = false;
  #repeat: Unanswered | undefined;
  #done = false;

  constructor(
    readonly calls: Calls,
    readonly id: string,
    readonly call: Call,
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
    if (call.signal) {
      this.#onAbort = () => this.#cancel();
      call.signal.addEventListener("abort", this.#onAbort, { once: true });
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
    if (this.#repeat === undefined && this.#halfTime()) {
      this.repeat();
      this.calls.waitOn(this);
      return;
    }
    if (this.lane.withdraw(this)) {
      this.fail(new OverloadedError(`${this.#what}: not sent within ${this.call.timeoutMs} ms`, "mailbox", 500));
    } else {
      this.fail(new AskTimeoutError(`${this.#what}: no answer within ${this.call.timeoutMs} ms`));
    }
  }

  /** S8: once, under a new number, with the identity of the first publication. */
  repeat(): void {
    if (!this.#sent || this.#repeat !== undefined) return;
    const keyed = this.call.id !== undefined || this.source === undefined;
    const text = keyed ? this.text : `${this.text.slice(0, -1)},"of":"${this.source.name}:${this.number}"}`;
    this.#repeat = new Unanswered(text, this.source, this.expiresAt);
    this.lane.send(this.#repeat);
  }

  #halfTime(): boolean {
    return this.#sent && this.expiresAt - this.calls.now() > 1;
  }

  #cancel(): void {
    if (this.lane.withdraw(this)) {
      this.fail(cancelled(this.call, "none"));
      return;
    }
    this.calls.sendCancel(this);
    this.fail(cancelled(this.call, this.source === undefined ? "none" : "unknown"));
  }

  get #what(): string {
    return `${this.call.address}.${this.call.handler}`;
  }

  #settle(): boolean {
    if (this.#done) return false;
    this.#done = true;
    if (this.#onAbort) this.call.signal?.removeEventListener("abort", this.#onAbort);
    if (this.source !== undefined) {
      this.source.answered(this.number);
      if (this.#repeat) this.source.answered(this.#repeat.number);
    }
    this.calls.settle(this);
    return true;
  }
}

/** A tell that waits for the broker's confirm. */
class PendingTell implements Outgoing, Timed {
  bucket = noDeadline;
  number = 0;
  readonly isAsk = false;
  readonly promise: Promise<void>;
  #resolve!: () => void;
  #reject!: (error: ActorError) => void;
  #done = false;

  constructor(
    readonly calls: Calls,
    readonly call: Call,
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
    const what = `${this.call.address}.${this.call.handler}`;
    if (this.lane.withdraw(this)) {
      this.abandoned(new OverloadedError(`${what}: not sent within ${this.call.timeoutMs} ms`, "mailbox", 500));
    } else {
      this.abandoned(new UnknownOutcomeError(`${what}: the broker did not confirm within ${this.call.timeoutMs} ms`));
    }
  }

  #settle(): boolean {
    if (this.#done) return false;
    this.#done = true;
    this.calls.settleTell(this);
    return true;
  }
}

/** A repeat or a cancellation: nobody waits for its confirm. */
class Unanswered implements Outgoing {
  number = 0;
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
  abandoned(): void {}
}

function cancelled(call: Call, effect: "none" | "unknown"): CancelledError {
  return new CancelledError(`${call.address}.${call.handler}: cancelled by the caller`, effect, {
    cause: call.signal?.reason,
  });
}

/** @throws TooLargeError before a number is taken (delivery.md A.2) */
function checkedBytes(text: string, call: Call): number {
  const bytes = messageBytes(text);
  if (bytes > maxMessageBytes) {
    throw new TooLargeError(
      `${call.address}.${call.handler}: the message has ${bytes} bytes, at most ${maxMessageBytes} may be sent; store the data elsewhere and send a reference`,
    );
  }
  return bytes;
}
