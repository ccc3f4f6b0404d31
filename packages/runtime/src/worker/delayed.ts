import { answerKey, messageBytes, type OverloadedError, type StoredMessage } from "@actor-runtime/core";
import type { Bucket, Timed } from "../deadlines.js";
import type { ActorBounds } from "../options.js";
import { type CommitGroup, storedText } from "./commit-group.js";
import { Inbound } from "./inbound.js";
import { delayedOverflow, partitionDelayedOverflow } from "./overflow.js";

/** A message that waits for its time beside its actor's queue: a delayed tell, or a retry that lets others pass. */
export class Delayed implements Timed {
  bucket: Bucket | undefined;
  earlier: Timed | undefined;
  later: Timed | undefined;
  readonly inbound: Inbound;
  /** Size of its record's text. */
  readonly bytes: number;
  readonly #table: DelayedMessages;

  constructor(table: DelayedMessages, inbound: Inbound, bytes: number) {
    this.#table = table;
    this.inbound = inbound;
    this.bytes = bytes;
  }

  due(): void {
    this.#table.ring(this);
  }
}

/** What waits for one actor. */
interface DelayedLoad {
  readonly count: number;
  readonly bytes: number;
}

const nothing: DelayedLoad = { count: 0, bytes: 0 };

/** What the table needs of its tenure. */
export interface DelayedHost {
  /** Bound of what waits in the partition. */
  readonly maxBytes: number;
  /** Bounds of one actor of the type. */
  boundsOf(address: string): ActorBounds;
  wait(delayed: Delayed, untilMs: number): void;
  forget(delayed: Delayed): void;
  /** Its time has come: it queues like any message. */
  due(inbound: Inbound): void;
}

/**
 * The delayed messages of one partition, within bounds (P12). Their records are in the store; this wakes them while the partition
 * is owned.
 */
export class DelayedMessages {
  readonly #host: DelayedHost;
  readonly #waiting = new Map<string, Delayed>();
  readonly #loads = new Map<string, DelayedLoad>();
  #bytes = 0;

  constructor(host: DelayedHost) {
    this.#host = host;
  }

  /** A message of the same identity waits already, and is not put off by its repeat. */
  has(address: string, identity: string): boolean {
    return this.#waiting.has(answerKey(address, identity));
  }

  /** What waits, by address. */
  get waiting(): ReadonlyMap<string, DelayedLoad> {
    return this.#loads;
  }

  waitingFor(address: string): number {
    return this.#loadOf(address).count;
  }

  /**
   * Keeps a message until `inbound.notBefore`, with this commit.
   *
   * @returns why not, when that would be too much for its actor or its partition
   */
  keep(inbound: Inbound, group: CommitGroup): OverloadedError | undefined {
    const text = storedText(inbound);
    const bytes = messageBytes(text);
    const overflow = this.#overflow(inbound.message.to, bytes);
    if (overflow !== undefined) return overflow;
    const id = idOf(inbound);
    group.remind(id, { dueAt: inbound.notBefore, text });
    const { message, identity, attempts, notBefore, sentAt } = inbound;
    this.#wait(id, Inbound.reminded(message, id, { identity, attempts, notBefore, sentAt }), bytes);
    return undefined;
  }

  /** Takes up what the store held at takeover. */
  adopt(records: ReadonlyMap<string, { readonly dueAt: number; readonly text: string }>): void {
    for (const [id, { text }] of records) {
      const stored = JSON.parse(text) as StoredMessage;
      this.#wait(id, Inbound.reminded(stored.message, id, stored, true), messageBytes(text));
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
      this.#leave(id, delayed);
      this.remove(id, group);
      removed.push(delayed.inbound);
    }
    return removed;
  }

  /** The time of one has come. */
  ring(delayed: Delayed): void {
    this.#leave(idOf(delayed.inbound), delayed);
    this.#host.due(delayed.inbound);
  }

  close(): void {
    for (const delayed of this.#waiting.values()) this.#host.forget(delayed);
    this.#waiting.clear();
  }

  #overflow(address: string, bytes: number): OverloadedError | undefined {
    const { maxDelayedPerActor, maxDelayedBytesPerActor } = this.#host.boundsOf(address);
    const load = this.#loadOf(address);
    if (load.count >= maxDelayedPerActor || load.bytes + bytes > maxDelayedBytesPerActor) {
      return delayedOverflow(address, load.count);
    }
    if (this.#bytes + bytes <= this.#host.maxBytes) return undefined;
    return partitionDelayedOverflow(address, this.#waiting.size);
  }

  #wait(id: string, inbound: Inbound, bytes: number): void {
    const known = this.#waiting.get(id);
    if (known) {
      this.#host.forget(known);
      this.#leave(id, known);
    }
    const delayed = new Delayed(this, inbound, bytes);
    this.#waiting.set(id, delayed);
    this.#count(inbound.message.to, 1, bytes);
    this.#host.wait(delayed, inbound.notBefore);
  }

  #leave(id: string, { inbound, bytes }: Delayed): void {
    this.#waiting.delete(id);
    this.#count(inbound.message.to, -1, -bytes);
  }

  #count(address: string, messages: number, bytes: number): void {
    const load = this.#loadOf(address);
    const count = load.count + messages;
    this.#bytes += bytes;
    if (count > 0) this.#loads.set(address, { count, bytes: load.bytes + bytes });
    else this.#loads.delete(address);
  }

  #loadOf(address: string): DelayedLoad {
    return this.#loads.get(address) ?? nothing;
  }
}

/** One record per message, however often it is tried. */
function idOf({ message, identity }: Inbound): string {
  return answerKey(message.to, identity);
}
