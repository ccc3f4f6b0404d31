import type { Answer, CommitRecord, Destination, InboundStream, Lease, ReminderWrite, StoredMessage } from "@actor-runtime/core";
import type { Inbound, OpenDelivery, Parked } from "./inbound.js";
import type { Draft, Outbox } from "./outbox.js";

/** An actor with a stored list. */
interface Parking {
  readonly address: string;
  parked: Parked | undefined;
}

interface ParkedChange {
  shift: number;
  readonly unshift: string[];
}

/** A reply that leaves with the commit. */
export interface ReplyDraft {
  readonly to: string;
  readonly text: string;
}

/** What finished turns leave behind, gathered until the commit before them is known (delivery.md A.5). */
export class CommitGroup {
  readonly seq: number;
  readonly states = new Map<string, string | undefined>();
  readonly streams = new Set<InboundStream>();
  /** By address and identity, so that a repeat finds an answer that is not committed yet. */
  readonly answers = new Map<string, Answer>();
  /** Actors whose kept answers go. */
  readonly erased: string[] = [];
  readonly settled: { address: string; identity: string }[] = [];
  readonly reminders = new Map<string, ReminderWrite["reminder"]>();
  readonly out: Draft[] = [];
  readonly trims = new Map<Destination, number>();
  readonly #parked = new Map<Parking, ParkedChange>();

  // ---- leaves once the commit is known to have succeeded (O10)
  readonly replies: ReplyDraft[] = [];
  readonly deliveries: OpenDelivery[] = [];
  readonly waiters: { resolve(): void; reject(error: unknown): void }[] = [];

  constructor(seq: number) {
    this.seq = seq;
  }

  /** Something waits for this commit although it writes nothing itself. */
  mustWrite = false;

  /** There is something to write or to wait for. Settled answers and trims alone wait for company. */
  get pressing(): boolean {
    return (
      this.mustWrite ||
      this.states.size > 0 ||
      this.streams.size > 0 ||
      this.reminders.size > 0 ||
      this.out.length > 0 ||
      this.#parked.size > 0
    );
  }

  answer(answer: Answer): void {
    this.answers.set(answerKey(answer.address, answer.identity), answer);
  }

  /** Takes the actor's first stored message off its list: it is settled, or about to be written anew. */
  unpark(activation: Parking): void {
    const parked = activation.parked!;
    parked.entries.shift();
    const change = this.#change(activation);
    if (change.unshift.length > 0) {
      change.unshift.shift();
    } else {
      parked.persisted--;
      change.shift++;
    }
    if (parked.entries.length === 0) activation.parked = undefined;
  }

  /** Puts a message in front of everything that waits for the actor. */
  parkFirst(activation: Parking, entry: Inbound): void {
    const parked = (activation.parked ??= { entries: [], persisted: 0 });
    parked.entries.unshift(entry);
    this.#change(activation).unshift.unshift(storedText(entry));
  }

  /** Forgets the whole stored list of an erased actor. */
  clearParked(activation: Parking): void {
    // The list may have grown in front since the last commit: those entries were never written.
    const shift = (this.#parked.get(activation)?.shift ?? 0) + (activation.parked?.persisted ?? 0);
    this.#parked.delete(activation);
    if (shift > 0) this.#parked.set(activation, { shift, unshift: [] });
    activation.parked = undefined;
  }

  build(lease: Lease, outbox: Outbox, answerRetentionMs: number): CommitRecord {
    const stored = [...this.#parked].map(([activation, change]) => {
      if (activation.parked) activation.parked.persisted = activation.parked.entries.length;
      return { address: activation.address, ...change, push: [] };
    });
    return {
      fence: lease.fence,
      nonce: lease.nonce,
      seq: this.seq,
      states: Array.from(this.states, ([address, state]) => ({ address, state })),
      rows: Array.from(this.streams, (stream) => ({ stream: stream.name, row: stream.row() })),
      answers: [...this.answers.values()],
      settled: this.settled,
      erased: this.erased,
      stored,
      reminders: Array.from(this.reminders, ([id, reminder]) => ({ id, reminder })),
      out: outbox.number(this.out, lease.fence),
      outTrim: Array.from(this.trims, ([target, upTo]) => ({ target, upTo })),
      marks: [],
      answerRetentionMs,
    };
  }

  #change(activation: Parking): ParkedChange {
    let change = this.#parked.get(activation);
    if (!change) this.#parked.set(activation, (change = { shift: 0, unshift: [] }));
    return change;
  }
}

export function answerKey(address: string, identity: string): string {
  return `${address}|${identity}`;
}

/** The text a message is kept under while it waits in the store. */
export function storedText(inbound: Inbound): string {
  const stored: StoredMessage = {
    identity: inbound.identity,
    message: inbound.message,
    attempts: inbound.attempts,
    notBefore: inbound.notBefore,
  };
  return JSON.stringify(stored);
}
