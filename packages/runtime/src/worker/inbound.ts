import {
  type Answer,
  answerKey,
  type Delivery,
  type InboundStream,
  type Message,
  parseMessages,
  type Span,
  type TransactionContext,
  type TransactionReply,
} from "@actor-runtime/core";

const none: never[] = [];
const timedFacts: StoredFacts = { identity: "timer", attempts: 0, notBefore: 0 };

/** A delivered frame, acked once all its messages are settled (delivery.md O9). */
export interface OpenDelivery {
  readonly delivery: Delivery;
  /** Messages not settled yet, and one for the walk through the frame itself. */
  open: number;
  /** Its messages again, parsed when one is stored whose handler may have changed it. */
  again?: readonly Message[];
}

/** Identity and history of a message that was in the store before. */
export interface StoredFacts {
  readonly identity: string;
  readonly attempts: number;
  readonly notBefore: number;
  readonly publication?: string | undefined;
  readonly sentAt?: number | undefined;
}

/** Entries of an actor's stored list, which comes before what waits in memory (delivery.md O4). */
export interface Parked {
  readonly entries: Inbound[];
  /** How many of them, from the front, are in the store as of the last commit built. */
  persisted: number;
  /** Size of their texts. */
  bytes: number;
}

/**
 * One message at its owner, waiting for its turn. Where it came from decides how its commit settles it: it has a
 * `delivery` (and a stream with a number, unless it is a query), or a `reminder` record, or it stands on its actor's
 * stored list; with a timer's there is nothing to settle.
 */
export class Inbound {
  #message: Message;
  delivery: OpenDelivery | undefined;
  readonly stream: InboundStream | undefined;
  readonly number: number;
  /** Id of the record it was kept under until its time came. */
  reminder: string | undefined;
  /** Failed attempts so far. */
  readonly attempts: number;
  /** Not before this time (ms since 1970); 0 = at once. */
  readonly notBefore: number;
  /** When it was first published (ms since 1970), or was due if that was later; 0 = unknown. */
  readonly sentAt: number;
  /** It may have been running when its worker died: it needs an attempt mark before it runs (delivery.md A.7). */
  recovered: boolean;
  /** It was delivered before, or was in the store when this owner took the partition. */
  readonly redelivered: boolean;
  /** Its processing, from its turn until its commit; `undefined`: not yet, or nobody traces. */
  span: Span | undefined;
  /** Its sender does not want it any more, or its transaction is over: it is only to be refused. */
  withdrawn = false;
  /** It came to its turn, but the turn did not begin. */
  refused = false;
  /** When its turn began, in ms by the clock's `monotonic()` as far as anybody measures; -1 = not yet. */
  beganAt = -1;
  /** Since when it was seen in front of its actor, in whole ms by the clock's `monotonic()`; -1 = not yet. */
  inFrontSince = -1;
  /** The answer that was kept under its key, once it was looked for before its turn; `null`: there is none. */
  earlier: Answer | null | undefined;
  /** The transaction that its turn began, and that gave way: its next turn begins it anew, as old as it was. */
  begins: TransactionContext | undefined;
  /** Attempts of that transaction so far. */
  transactionAttempts = 0;
  /** Not before this time, in ms by the clock's `monotonic()`: its transaction makes room for others. */
  restsUntil = 0;
  /** Who took part in the transaction that it is part of, for its answer. */
  joined: { readonly reply: TransactionReply } | undefined;
  /** Size of its text on the stored list. */
  storedBytes = 0;
  #timed = false;
  #identity: string | undefined;
  readonly #publication: string | undefined;

  private constructor(
    message: Message,
    delivery: OpenDelivery | undefined,
    stream: InboundStream | undefined,
    number: number,
    reminder: string | undefined,
    facts: StoredFacts | undefined,
    recovered: boolean,
  ) {
    this.#message = message;
    this.delivery = delivery;
    this.stream = stream;
    this.number = number;
    this.reminder = reminder;
    this.attempts = facts?.attempts ?? message.attempts ?? 0;
    this.notBefore = facts?.notBefore ?? 0;
    this.sentAt = facts?.sentAt ?? Math.max(delivery?.delivery.frame.headers.sentAt ?? 0, message.dueAt ?? 0);
    this.recovered = recovered;
    this.redelivered = recovered;
    this.#identity = facts?.identity;
    this.#publication = facts?.publication;
  }

  static delivered(message: Message, open: OpenDelivery, stream: InboundStream | undefined, number: number): Inbound {
    return new Inbound(message, open, stream, number, undefined, undefined, open.delivery.redelivered);
  }

  /**
   * Its stream was refused, so its number is nowhere recorded (O3). What it repeats is none of its business, for no answer is
   * kept for it.
   */
  static refused(message: Message, open: OpenDelivery, identity: string): Inbound {
    const facts = { identity: message.id ?? message.of ?? identity, attempts: message.attempts ?? 0, notBefore: 0 };
    return new Inbound({ ...message, of: undefined }, open, undefined, 0, undefined, facts, false);
  }

  /** @param adopted it was in the store at takeover */
  static parked(message: Message, facts: StoredFacts, adopted = false): Inbound {
    return new Inbound(message, undefined, undefined, 0, undefined, facts, adopted);
  }

  /** @param adopted it was in the store at takeover */
  static reminded(message: Message, reminder: string, facts: StoredFacts, adopted = false): Inbound {
    return new Inbound(message, undefined, undefined, 0, reminder, facts, adopted);
  }

  /** A hint that a reminder is due; its record says what it means. */
  static tick(message: Message, open: OpenDelivery, identity: string): Inbound {
    const facts = { identity, attempts: 0, notBefore: 0 };
    return new Inbound(message, open, undefined, 0, undefined, facts, open.delivery.redelivered);
  }

  /** Of a timer. Nothing of it is stored anywhere, and nobody repeats it. */
  static timed(message: Message): Inbound {
    const inbound = new Inbound(message, undefined, undefined, 0, undefined, timedFacts, false);
    inbound.#timed = true;
    return inbound;
  }

  get message(): Message {
    return this.#message;
  }

  /** A tick is the tell that its record says. */
  become(message: Message): void {
    this.#message = message;
  }

  /** A timer of its actor made it. */
  get timed(): boolean {
    return this.#timed;
  }

  /** Somebody told it: it is tried again when it fails, and is a dead letter when it fails too often. */
  get isTold(): boolean {
    return this.message.kind === "tell" && !this.#timed;
  }

  /** It stands on its actor's stored list. */
  get isParked(): boolean {
    return this.delivery === undefined && this.reminder === undefined && !this.#timed;
  }

  /** It stands there from now on, whatever it was before. */
  park(bytes: number): void {
    this.delivery = undefined;
    this.reminder = undefined;
    this.storedBytes = bytes;
  }

  /** For how long it could have run by now (ms since 1970, the store's time); `undefined`: unknown. */
  waitMs(now: number): number | undefined {
    if (this.sentAt === 0) return undefined;
    return Math.max(0, now - Math.max(this.sentAt, this.notBefore));
  }

  /** What finds repeats of this message: its key, that of its first publication, or `stream:number` (delivery.md A.1). */
  get identity(): string {
    return (this.#identity ??= this.#ownIdentity());
  }

  /** `stream:number`, under which an automatic repeat asks for its answer; `undefined`: it has none. */
  get publication(): string | undefined {
    if (this.stream !== undefined) return `${this.stream.name}:${this.number}`;
    if (!this.isParked) return undefined;
    return this.#publication ?? (this.message.id === undefined ? this.#identity : undefined);
  }

  /** The key of the answer that this automatic repeat of an ask looks for. */
  get repeats(): string | undefined {
    const { to, kind, of } = this.message;
    return of !== undefined && kind === "ask" ? answerKey(to, of) : undefined;
  }

  /** Where its answer is if it was answered before (O5): under its key, and a repeat under the number it repeats. */
  answerKeys(): string[] {
    const { to, id, of } = this.message;
    if (id === undefined && of === undefined) return none;
    return [id, of].flatMap((identity) => (identity === undefined ? none : [answerKey(to, identity)]));
  }

  /** The message as it was sent: the handler of an ask without a key works on the arguments themselves. */
  get asSent(): Message {
    const { kind, id, call, replyTo, args } = this.message;
    const own = kind === "ask" && id === undefined && args.some((arg) => typeof arg === "object");
    if (!own || this.delivery === undefined) return this.message;
    const { frame } = this.delivery.delivery;
    this.delivery.again ??= frame.messages?.() ?? parseMessages(frame.body);
    const sent = this.delivery.again.find((message) => message.call === call && message.replyTo === replyTo);
    return sent ? { ...this.message, args: sent.args } : this.message;
  }

  #ownIdentity(): string {
    const { id, of, replyTo, call } = this.message;
    if (id !== undefined) return id;
    if (of !== undefined) return of;
    return this.stream === undefined ? `${replyTo}:${call}` : `${this.stream.name}:${this.number}`;
  }
}
