import type { ActorError, Message } from "@actor-runtime/core";
import type { CallTarget } from "./call-target.js";
import type { OutboundStream } from "./outbound-stream.js";

/** One message on its way to a mailbox. The lane calls exactly one of `confirmed` and `abandoned`. */
export interface Outgoing {
  /** The message as JSON text, and its size in UTF-8 bytes. */
  readonly text: string;
  readonly bytes: number;
  /** The message itself, its arguments parsed anew, where that is cheaper than parsing the text. */
  message?(): Message;
  /** Where its number comes from: this process's own stream, or an outbox. `undefined`: queries and cancellations have none. */
  readonly source: "own" | OutboxNumber | undefined;
  /** Whether a number taken from a stream waits for an answer. */
  readonly isAsk: boolean;
  /** The ask or query that it is, or repeats; absent: nobody waits for an answer to it. */
  readonly call?: OutgoingCall | undefined;
  /** Nobody waits for the answer any more. */
  readonly done: boolean;
  /** Clock time (monotonic ms) after which it may be abandoned; the outbox never abandons. */
  readonly expiresAt: number;
  /** Set by the lane when the batch is built: the number, and for `own` the stream it was taken from. */
  number: number;
  stream?: OutboundStream | undefined;
  confirmed(): void;
  abandoned(error: ActorError): void;
}

/** An ask or query, until its answer. */
export interface OutgoingCall extends Outgoing {
  readonly target: CallTarget;
  fail(error: ActorError): void;
}

/** A number given in the commit of a source partition, and the one given before it (delivery.md S2). */
export interface OutboxNumber {
  readonly stream: string;
  readonly number: number;
  readonly prev: number;
}
