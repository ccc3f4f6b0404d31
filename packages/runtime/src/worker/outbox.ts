import type { ActorError, Destination, OutboxEntry, PartitionId, Span } from "@actor-runtime/core";
import { isPoolQueue, OverloadedError } from "@actor-runtime/core";
import type { Lanes } from "../client/lanes.js";
import type { OutboxNumber, Outgoing } from "../client/outgoing.js";
import { ConfirmedInOrder } from "./confirmed-in-order.js";

/** A message that leaves with a commit. */
export interface Draft {
  readonly target: Destination;
  readonly text: string;
  readonly bytes: number;
  /** Ends with the commit; absent: nobody traces it. */
  readonly span?: Span | undefined;
}

/** Messages of one partition that are committed, or about to be, and not yet confirmed by the broker. */
export class Outbox {
  readonly #partition: PartitionId;
  readonly #lanes: Lanes;
  /** Last number given per target. */
  readonly #numbers: Map<Destination, number>;
  /** Bytes on their way per target, drafts of running turns included. */
  readonly #bytes = new Map<Destination, number>();
  readonly #maxBytes: number;
  readonly #confirmed: (target: Destination, number: number) => void;
  /** Pools confirm in no order, and only what is confirmed without a gap may go. */
  readonly #unordered = new Map<Destination, ConfirmedInOrder>();
  #closed = false;

  /** @param maxBytes bound of what may be on its way to one target (delivery.md A.5) */
  constructor(
    partition: PartitionId,
    lanes: Lanes,
    numbers: ReadonlyMap<Destination, number>,
    maxBytes: number,
    confirmed: (target: Destination, number: number) => void,
  ) {
    this.#partition = partition;
    this.#lanes = lanes;
    this.#numbers = new Map(numbers);
    this.#maxBytes = maxBytes;
    this.#confirmed = confirmed;
  }

  /** On their way, drafts of running turns included. */
  get bytes(): number {
    let sum = 0;
    for (const bytes of this.#bytes.values()) sum += bytes;
    return sum;
  }

  /** @throws OverloadedError when the target's outbox has no room for a message of this size */
  checkRoom(target: Destination, bytes: number): void {
    if ((this.#bytes.get(target) ?? 0) + bytes > this.#maxBytes) {
      throw new OverloadedError(
        `the outbox for ${target} is full: its mailbox does not take messages`,
        "outbox",
        1_000,
      );
    }
  }

  /** A message for the next commit, counted against the bound from now on. */
  draft(target: Destination, text: string, bytes: number, span?: Span): Draft {
    this.#count(target, bytes);
    return { target, text, bytes, span };
  }

  /** The turn that made them leaves nothing. */
  drop(drafts: readonly Draft[]): void {
    for (const { target, bytes } of drafts) this.#count(target, -bytes);
  }

  /**
   * Gives numbers in the commit (delivery.md S2): max(last + 1, fence), so that a source that lost its newest commits
   * numbers above everything it ever sent.
   */
  number(drafts: readonly Draft[], fence: number): OutboxEntry[] {
    return drafts.map(({ target, text }) => {
      const prev = this.#numbers.get(target) ?? 0;
      const number = Math.max(prev + 1, fence);
      this.#numbers.set(target, number);
      return { target, number, prev, message: text };
    });
  }

  /** Sends committed entries, oldest first; also those found at takeover (T2). */
  relay(entries: readonly OutboxEntry[]): void {
    for (const entry of entries) {
      if (this.#closed) return;
      if (isPoolQueue(entry.target)) this.#inOrder(entry.target).sent(entry.number);
      this.#lanes.lane(entry.target).send(new Relayed(this, this.#partition, entry));
    }
  }

  /** Counts entries found at takeover against the bound. */
  adopt(entries: readonly OutboxEntry[]): void {
    for (const { target, message } of entries) this.#count(target, Buffer.byteLength(message));
    this.relay(entries);
  }

  settle({ target, number }: OutboxEntry, bytes: number): void {
    if (this.#closed) return;
    this.#count(target, -bytes);
    const upTo = isPoolQueue(target) ? this.#inOrder(target).confirmed(number) : number;
    if (upTo !== undefined) this.#confirmed(target, upTo);
  }

  /** The partition is somebody else's: what was not sent yet is sent by the next owner. */
  close(): void {
    this.#closed = true;
    this.#lanes.dropOutbox(this.#partition);
  }

  #inOrder(target: Destination): ConfirmedInOrder {
    let order = this.#unordered.get(target);
    if (order === undefined) this.#unordered.set(target, (order = new ConfirmedInOrder()));
    return order;
  }

  #count(target: Destination, bytes: number): void {
    const left = (this.#bytes.get(target) ?? 0) + bytes;
    if (left > 0) this.#bytes.set(target, left);
    else this.#bytes.delete(target);
  }
}

/** An outbox entry in its lane. It is never abandoned: without a confirm it stays in the store. */
class Relayed implements Outgoing {
  readonly text: string;
  readonly bytes: number;
  readonly source: OutboxNumber;
  readonly isAsk = false;
  readonly done = true;
  readonly expiresAt = Number.POSITIVE_INFINITY;
  number: number;
  readonly #outbox: Outbox;
  readonly #entry: OutboxEntry;

  constructor(outbox: Outbox, partition: PartitionId, entry: OutboxEntry) {
    this.text = entry.message;
    this.bytes = Buffer.byteLength(entry.message);
    this.source = { stream: partition, number: entry.number, prev: entry.prev };
    this.number = entry.number;
    this.#outbox = outbox;
    this.#entry = entry;
  }

  confirmed(): void {
    this.#outbox.settle(this.#entry, this.bytes);
  }

  abandoned(_error: ActorError): void {}
}
