/**
 * `tell` and `ask` change things and are numbered in their sender's stream; `query` reads and `cancel` withdraws an ask
 * or query that has not been answered yet, both without a number. `fin`, numbered and addressed to nobody, is the last word
 * of a stream (delivery.md S9). `ping`, without a number, says nothing: it shows that the mailbox still delivers. `tick`, without
 * one too, is a hint that a reminder is due: its owner makes a tell of it if the actor's record expects exactly that tick.
 */
export type MessageKind = "tell" | "ask" | "query" | "cancel" | "fin" | "ping" | "tick";

/** Whether messages of this kind have a number in their sender's stream. */
export function isNumbered(kind: MessageKind): boolean {
  return kind === "tell" || kind === "ask" || kind === "fin";
}

/** The transaction that a call is part of. */
export interface TransactionContext {
  /** `<key>:<attempt>`: `$Transaction/<key>` is its coordinator, and at most one of its attempts commits. */
  readonly id: string;
  /** When its first attempt began, by the store's time in ms since 1970: who began earlier goes first. */
  readonly since: number;
  /** It cannot commit any more after this time (ms since 1970). */
  readonly until: number;
  /** It was asked by a query, so it may only be answered by one. */
  readonly reads?: true | undefined;
}

/** What an actor did in a transaction: it was read, or something of it changes with the commit. */
export type Participation = "read" | "write";

/** How a transaction stands, as it travels back with the answers to its calls; with an empty `call` it answers none. */
export interface TransactionReply {
  readonly id: string;
  /** The actors that took part in the call, by address. */
  readonly members: Readonly<Record<string, Participation>>;
  /**
   * When the transaction took each of them, as a number that never comes again: one that was taken anew has lost what the
   * transaction did before.
   */
  readonly taken?: Readonly<Record<string, number>>;
  /** Why it cannot commit any more. */
  readonly doomed?: WireError;
}

/** One tick of a reminder: `number` counts those of what `set` made, which `id` names. */
export interface Tick {
  readonly name: string;
  readonly id: string;
  readonly number: number;
}

/**
 * One message as it travels, arguments still in wire form (`model/codec.ts`). Stream and number stand in the frame's
 * segments, the wire version in its headers.
 */
export interface Message {
  /** Target address, `Account/alice`. */
  readonly to: string;
  readonly kind: MessageKind;
  readonly handler: string;
  readonly args: readonly unknown[];
  /**
   * Identity where it is not `stream:number`: `u:<idempotency key>` given by the user, or `d:<turn>:<k>:<fingerprint>`
   * of the k-th ask of a turn (delivery.md A.1).
   */
  readonly id?: string | undefined;
  /** A repeat of an ask under a new number carries the identity of its first publication. */
  readonly of?: string | undefined;
  /** Names this call at its sender; the reply carries it back. */
  readonly call?: string | undefined;
  /** Where the reply goes: the address of the sender's reply queue. */
  readonly replyTo?: string | undefined;
  /** Milliseconds since 1970 by the sender's clock; work that has not begun by then is not started. */
  readonly deadline?: number | undefined;
  /** Do not run before this time (ms since 1970): a delayed tell. */
  readonly dueAt?: number | undefined;
  /** The addresses whose turns wait for this call, outermost first: an ask back into the chain is a deadlock. */
  readonly chain?: readonly string[] | undefined;
  /** Locks its sender holds, at most 64, with their fences: a turn under a lock that somebody took later is refused. */
  readonly locks?: readonly (readonly [name: string, fence: number])[] | undefined;
  /** The tick of a reminder that it is. */
  readonly tick?: Tick | undefined;
  /** The transaction it is part of. */
  readonly tx?: TransactionContext | undefined;
  /** W3C trace context: `traceparent`, `tracestate`, `baggage`. Empty: its sender decided that it is not traced. */
  readonly trace?: Readonly<Record<string, string>> | undefined;
  /** The user's own headers, `ref.with({ headers })`. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Failed attempts so far; absent = none. */
  readonly attempts?: number | undefined;
}

/** A message kept in the store: parked behind a slow actor, waiting for its next attempt, or delayed. */
export interface StoredMessage {
  /** What finds repeats of it, whatever number it came under. */
  readonly identity: string;
  readonly message: Message;
  /** Failed attempts so far. */
  readonly attempts: number;
  /** Not before this time (ms since 1970); 0 = at once. */
  readonly notBefore: number;
  /** `stream:number` a keyed ask was first published under: the sender's automatic repeat looks for its error there. */
  readonly publication?: string | undefined;
  /** When it was first published (ms since 1970); absent: unknown. */
  readonly sentAt?: number | undefined;
}

/**
 * One answer as it travels back: a value in wire form or an error in wire form; neither = `undefined`. With `refused` it
 * answers no call (`call` is empty).
 */
export interface Reply {
  readonly call: string;
  readonly value?: unknown;
  readonly error?: WireError;
  readonly refused?: StreamRefusal;
  readonly tx?: TransactionReply;
}

/** An owner does not take a stream: its sender closes it and opens the next one by the store's time (delivery.md O3, S6). */
export interface StreamRefusal {
  readonly stream: string;
  /** The store's time at the refusal, in ms since 1970. */
  readonly storeTime: number;
}

/** An error as it travels (`model/error-codec.ts` turns it into the nearest class of ours). */
export interface WireError {
  /** The class of ours that arrives, for example `RejectedError`. */
  readonly class: string;
  /** Name of the class that was thrown, for example `InsufficientFundsError`. */
  readonly name: string;
  readonly code: string;
  readonly message: string;
  readonly effect: "none" | "unknown";
  readonly retryable: boolean;
  /** In wire form. */
  readonly data?: unknown;
  /** Further fields of the class, for example `scope` and `retryAfterMs` of `OverloadedError`. */
  readonly fields?: Readonly<Record<string, string | number | boolean>>;
  /** Where it was thrown: the frames, without the line that repeats name and message. */
  readonly stack?: string;
  readonly cause?: WireError;
}

/** A message that could not take effect, with its cause; kept in `actor.<namespace>.dead.<Type>` until somebody decides. */
export interface DeadLetter {
  /** The message's identity: its idempotency key or `stream:number`. Retrying keeps it, so nothing applies twice. */
  readonly id: string;
  readonly address: string;
  readonly handler: string;
  /** The message, or the raw frame in base64 when it could not be decoded. */
  readonly message: Message | { readonly frame: string };
  readonly cause: WireError;
  readonly attempts: number;
  /** ms since 1970 */
  readonly at: number;
}
