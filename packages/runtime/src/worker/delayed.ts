import { answerKey, type StoredMessage } from "@actor-runtime/core";
import type { Bucket, Timed } from "../deadlines.js";
import { type CommitGroup, storedText } from "./commit-group.js";
import { Inbound } from "./inbound.js";

/** A message that waits for its time beside its actor's queue: a delayed tell, or a retry that lets others pass. */
export class Delayed implements Timed {
  bucket: Bucket | undefined;
  earlier: Timed | undefined;
  later: Timed | undefined;
  readonly inbound: Inbound;
  readonly #table: DelayedMessages;

  constructor(table: DelayedMessages, inbound: Inbound) {
    this.#table = table;
    this.inbound = inbound;
  }

  due(): void {
    this.#table.ring(this);
  }
}

/** What the table needs of its tenure. */
export interface DelayedHost {
  wait(delayed: Delayed, untilMs: number): void;
  forget(delayed: Delayed): void;
  /** Its time has come: it queues like any message. */
  due(inbound: Inbound): void;
}

/** The delayed messages of one partition. Their records are in the store; this wakes them while the partition is owned. */
export class DelayedMessages {
  readonly #host: DelayedHost;
  readonly #waiting = new Map<string, Delayed>();
  readonly #counts = new Map<string, number>();

  constructor(host: DelayedHost) {
    this.#host = host;
  }

  /** A message of the same identity waits already, and is not put off by its repeat. */
  has(inbound: Inbound): boolean {
    return this.#waiting.has(idOf(inbound));
  }

  /** How many wait, by address. */
  get waiting(): ReadonlyMap<string, number> {
    return this.#counts;
  }

  waitingFor(address: string): number {
    return this.#counts.get(address) ?? 0;
  }

  /** Keeps a message until `inbound.notBefore`, with this commit. */
  keep(inbound: Inbound, group: CommitGroup): void {
    const id = idOf(inbound);
    group.remind(id, { dueAt: inbound.notBefore, text: storedText(inbound) });
    const { message, identity, attempts, notBefore, sentAt } = inbound;
    this.#wait(id, Inbound.reminded(message, id, { identity, attempts, notBefore, sentAt }));
  }

  /** Takes up what the store held at takeover. */
  adopt(records: ReadonlyMap<string, { readonly dueAt: number; readonly text: string }>): void {
    for (const [id, { text }] of records) {
      const stored = JSON.parse(text) as StoredMessage;
      this.#wait(id, Inbound.reminded(stored.message, id, stored, true));
    }
  }

  /** The message is done, with this commit. */
  remove(id: string, group: CommitGroup): void {
    group.remind(id, undefined);
  }

  /** Drops what waits for an erased actor, and returns it. */
  removeAll(address: string, group: CommitGroup): Inbound[] {
    const removed: Inbound[] = [];
    for (const [id, delayed] of this.#waiting) {
      if (delayed.inbound.message.to !== address) continue;
      this.#host.forget(delayed);
      this.#leave(id, address);
      this.remove(id, group);
      removed.push(delayed.inbound);
    }
    return removed;
  }

  /** The time of one has come. */
  ring({ inbound }: Delayed): void {
    this.#leave(idOf(inbound), inbound.message.to);
    this.#host.due(inbound);
  }

  close(): void {
    for (const delayed of this.#waiting.values()) this.#host.forget(delayed);
    this.#waiting.clear();
  }

  #wait(id: string, inbound: Inbound): void {
    const { message, notBefore } = inbound;
    const delayed = new Delayed(this, inbound);
    const known = this.#waiting.get(id);
    if (known) this.#host.forget(known);
    else this.#counts.set(message.to, this.waitingFor(message.to) + 1);
    this.#waiting.set(id, delayed);
    this.#host.wait(delayed, notBefore);
  }

  #leave(id: string, address: string): void {
    this.#waiting.delete(id);
    const left = this.waitingFor(address) - 1;
    if (left > 0) this.#counts.set(address, left);
    else this.#counts.delete(address);
  }
}

/** One record per message, however often it is tried. */
function idOf({ message, identity }: Inbound): string {
  return answerKey(message.to, identity);
}
