import type { InboundStream, Message } from "@actor-runtime/core";

/** A delivered frame, acked once all its messages are settled (delivery.md O9). */
export interface OpenDelivery {
  readonly tag: number;
  /** Messages not settled yet, and one for the walk through the frame itself. */
  open: number;
}

/** Where a message came from decides how its commit settles it. */
export type Source =
  | { readonly kind: "delivery"; readonly stream: InboundStream | undefined; readonly number: number; readonly delivery: OpenDelivery }
  | { readonly kind: "parked" }
  | { readonly kind: "reminder"; readonly id: string };

/** Entries of an actor's stored list, which comes before what waits in memory (delivery.md O4). */
export interface Parked {
  readonly entries: Inbound[];
  /** How many of them, from the front, are in the store as of the last commit built. */
  persisted: number;
}

/** One message at its owner, waiting for its turn. */
export class Inbound {
  readonly message: Message;
  readonly source: Source;
  /** Failed attempts so far. */
  readonly attempts: number;
  /** Not before this time (ms since 1970). */
  readonly notBefore: number;
  #identity: string | undefined;

  constructor(message: Message, source: Source, stored?: { identity: string; attempts: number; notBefore: number }) {
    this.message = message;
    this.source = source;
    this.attempts = stored?.attempts ?? message.attempts ?? 0;
    this.notBefore = stored?.notBefore ?? 0;
    this.#identity = stored?.identity;
  }

  /** What finds repeats of this message: its key, that of its first publication, or `stream:number` (delivery.md A.1). */
  get identity(): string {
    return (this.#identity ??= this.#ownIdentity());
  }

  /** A repeat or a keyed message may have been answered before (O5). */
  get mayBeAnswered(): boolean {
    return this.message.id !== undefined || this.message.of !== undefined;
  }

  #ownIdentity(): string {
    const { id, of, replyTo, call } = this.message;
    if (id !== undefined) return id;
    if (of !== undefined) return of;
    const { source } = this;
    if (source.kind === "delivery" && source.stream !== undefined) return `${source.stream.name}:${source.number}`;
    return `${replyTo}:${call}`;
  }
}
