import {
  type ActorError,
  AskTimeoutError,
  CancelledError,
  ClosedError,
  type Message,
  OverloadedError,
} from "@actor-runtime/core";
import type { Bucket, Timed } from "../deadlines.js";
import type { CallDetails, CallSignal, CallTarget } from "./call-target.js";
import { askMessage } from "./call-text.js";
import type { OutboundStream } from "./outbound-stream.js";
import type { OutgoingCall } from "./outgoing.js";
import { Unanswered } from "./unanswered.js";
import type { Way } from "./way.js";

/** A repeat that is too many now is tried again after this time. */
const repeatLaterMs = 1_000;

/** Who keeps the asks of this process. */
export interface AskHost {
  /** Address of this process's reply queue. */
  readonly replyTo: string;
  /** ms by the clock's `monotonic()` */
  now(): number;
  settle(pending: PendingAsk, error: ActorError | undefined): void;
  /** Waits until this time, by `now`. */
  waitOn(pending: PendingAsk, until: number): void;
  /** Whether one more repeat is within what this process may repeat; if so, it is counted. */
  mayRepeat(): boolean;
  /** The text of a call that has nothing but arguments and a time-out. */
  plainText(pending: PendingAsk): string;
  /** Withdraws the call at its owner. */
  sendCancel(pending: PendingAsk): void;
}

/** An ask or query that waits for its answer. */
export class PendingAsk implements OutgoingCall, Timed {
  bucket: Bucket | undefined;
  earlier: Timed | undefined;
  later: Timed | undefined;
  number = 0;
  stream: OutboundStream | undefined;
  done = false;
  readonly promise: Promise<unknown>;
  #resolve!: (value: unknown) => void;
  #reject!: (error: ActorError) => void;
  readonly #onAbort: (() => void) | undefined;
  #text: string | undefined;
  #sent = false;
  #repeat: Unanswered | undefined;

  constructor(
    readonly host: AskHost,
    readonly id: number,
    readonly target: CallTarget,
    readonly details: CallDetails,
    readonly argsText: string,
    readonly deadline: number,
    readonly lane: Way,
    text: string | undefined,
    readonly bytes: number,
    readonly expiresAt: number,
  ) {
    this.#text = text;
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    if (details.signal) {
      this.#onAbort = () => this.#cancel();
      details.signal.addEventListener("abort", this.#onAbort, { once: true });
    }
  }

  get text(): string {
    return (this.#text ??= this.host.plainText(this));
  }

  message(): Message {
    const { target, details, id, deadline } = this;
    return askMessage(target, details, JSON.parse(this.argsText) as unknown[], id, this.host.replyTo, deadline);
  }

  get source(): "own" | undefined {
    return this.isAsk ? "own" : undefined;
  }

  get call(): this {
    return this;
  }

  get isAsk(): boolean {
    return this.target.kind === "ask";
  }

  confirmed(): void {
    this.#sent = true;
  }

  abandoned(error: ActorError): void {
    this.fail(error);
  }

  succeed(value: unknown): void {
    if (this.#settle(undefined)) this.#resolve(value);
  }

  fail(error: ActorError): void {
    if (this.#settle(error)) this.#reject(error);
  }

  /** The process ends: whether the ask took effect is known only while it has not left. */
  close(): void {
    const unsent = !this.#sent && this.lane.withdraw(this);
    const effect = unsent || !this.isAsk ? "none" : "unknown";
    this.fail(new ClosedError(`${this.#what}: the system was closed before the answer came`, effect));
  }

  due(): void {
    const leftMs = this.expiresAt - this.host.now();
    if (leftMs > 1) {
      const { repeatMs } = this.details;
      if (repeatMs !== undefined) this.#withdrawRepeat();
      if (this.#repeat === undefined && this.#sent && !this.host.mayRepeat()) {
        this.host.waitOn(this, Math.min(this.expiresAt, this.host.now() + repeatLaterMs));
        return;
      }
      this.repeat();
      this.host.waitOn(
        this,
        repeatMs === undefined ? this.expiresAt : Math.min(this.expiresAt, this.host.now() + repeatMs),
      );
    } else if (this.#sent || !this.lane.withdraw(this)) {
      this.fail(new AskTimeoutError(`${this.#what}: no answer within ${this.details.timeoutMs} ms`));
    } else {
      const ms = this.details.timeoutMs;
      this.fail(new OverloadedError(`${this.#what}: its mailbox took no message within ${ms} ms`, "mailbox", 500));
    }
  }

  /** S8: under a new number, with the identity of the first publication. */
  repeat(): void {
    if (!this.#sent || this.#repeat !== undefined) return;
    const { source, stream, text } = this;
    const again = stream === undefined ? text : `${text.slice(0, -1)},"of":"${stream.name}:${this.number}"}`;
    this.#repeat = new Unanswered(again, source, this.expiresAt, this);
    this.lane.send(this.#repeat);
    this.details.span?.event("repeated");
  }

  /** One that has not left need not: its number would be settled before its owner sees it. */
  #withdrawRepeat(): void {
    if (this.#repeat === undefined) return;
    this.#repeat.done = true;
    this.lane.withdraw(this.#repeat);
    this.#repeat = undefined;
  }

  #cancel(): void {
    const { signal } = this.details;
    if (!this.#sent && this.lane.withdraw(this)) {
      this.fail(cancelled(this.target, signal, "none"));
      return;
    }
    this.host.sendCancel(this);
    this.fail(cancelled(this.target, signal, this.isAsk ? "unknown" : "none"));
  }

  get #what(): string {
    return `${this.target.address}.${this.target.handler}`;
  }

  #settle(error: ActorError | undefined): boolean {
    if (this.done) return false;
    this.done = true;
    this.#withdrawRepeat();
    if (this.#onAbort) this.details.signal?.removeEventListener("abort", this.#onAbort);
    this.host.settle(this, error);
    return true;
  }
}

export function cancelled(
  target: CallTarget,
  signal: CallSignal | undefined,
  effect: "none" | "unknown",
): CancelledError {
  return new CancelledError(`${target.address}.${target.handler}: cancelled by the caller`, effect, {
    cause: signal?.reason,
  });
}
