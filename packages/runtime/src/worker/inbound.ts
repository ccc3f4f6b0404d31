import { answerKey, type InboundStream, type Message } from "@actor-runtime/core";

const none: never[] = [];

/** A delivered frame, acked once all its messages are settled (delivery.md O9). */
export interface OpenDelivery {
  readonly tag: number;
  /** Messages not settled yet, and one for the walk through the frame itself. */
  open: number;
}

/** Identity and history of a message that was in the store before. */
export interface StoredFacts {
  readonly identity: string;
  readonly attempts: number;
  readonly notBefore: number;
}

/** Entries of an actor's stored list, which comes before what waits in memory (delivery.md O4). */
export interface Parked {
  readonly entries: Inbound[];
  /** How many of them, from the front, are in the store as of the last commit built. */
  persisted: number;
}

/**
 * One message at its owner, waiting for its turn. Where it came from decides how its commit settles it: it has a
 * `delivery` (and a stream with a number, unless it is a query), or a `reminder` record, or it stands first on its actor's
 * stored list.
 */
export class Inbound {
  readonly message: Message;
  readonly delivery: OpenDelivery | undefined;
  readonly stream: InboundStream | undefined;
  readonly number: number;
  /** Id of the record it was kept under until its time came. */
  readonly reminder: string | undefined;
  /** Failed attempts so far. */
  readonly attempts: number;
  /** Not before this time (ms since 1970); 0 = at once. */
  readonly notBefore: number;
  #identity: string | undefined;

  private constructor(
    message: Message,
    delivery: OpenDelivery | undefined,
    stream: InboundStream | undefined,
    number: number,
    reminder: string | undefined,
    facts: StoredFacts | undefined,
  ) {
    this.message = message;
    this.delivery = delivery;
    this.stream = stream;
    this.number = number;
    this.reminder = reminder;
    this.attempts = facts?.attempts ?? message.attempts ?? 0;
    this.notBefore = facts?.notBefore ?? 0;
    this.#identity = facts?.identity;
  }

  static delivered(
    message: Message,
    delivery: OpenDelivery,
    stream: InboundStream | undefined,
    number: number,
  ): Inbound {
    return new Inbound(message, delivery, stream, number, undefined, undefined);
  }

  /**
   * Its stream was refused, so its number is nowhere recorded (O3). What it repeats is none of its business, for no answer is
   * kept for it.
   */
  static refused(message: Message, delivery: OpenDelivery, identity: string): Inbound {
    const facts = { identity: message.id ?? message.of ?? identity, attempts: message.attempts ?? 0, notBefore: 0 };
    return new Inbound({ ...message, of: undefined }, delivery, undefined, 0, undefined, facts);
  }

  static parked(message: Message, facts: StoredFacts): Inbound {
    return new Inbound(message, undefined, undefined, 0, undefined, facts);
  }

  static reminded(message: Message, reminder: string, facts: StoredFacts): Inbound {
    return new Inbound(message, undefined, undefined, 0, reminder, facts);
  }

  /** It stands on its actor's stored list. */
  get isParked(): boolean {
    return this.delivery === undefined && this.reminder === undefined;
  }

  /** What finds repeats of this message: its key, that of its first publication, or `stream:number` (delivery.md A.1). */
  get identity(): string {
    return (this.#identity ??= this.#ownIdentity());
  }

  /** Where its answer is if it was answered before (O5): under its key, and a repeat under the number it repeats. */
  answerKeys(): string[] {
    const { to, id, of } = this.message;
    if (id === undefined && of === undefined) return none;
    return [id, of].flatMap((identity) => (identity === undefined ? none : [answerKey(to, identity)]));
  }

  #ownIdentity(): string {
    const { id, of, replyTo, call } = this.message;
    if (id !== undefined) return id;
    if (of !== undefined) return of;
    return this.stream === undefined ? `${replyTo}:${call}` : `${this.stream.name}:${this.number}`;
  }
}
