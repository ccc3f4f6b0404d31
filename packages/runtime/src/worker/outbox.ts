import type { ActorError, Destination, OutboxEntry, PartitionId } from "@actor-runtime/core";
import { OverloadedError } from "@actor-runtime/core";
import type { Lanes } from "../client/lanes.js";
import type { OutboxNumber, Outgoing } from "../client/outgoing.js";

/** A message that leaves with a commit. */
export interface Draft {
  readonly target: Destination;
  readonly text: string;
  readonly bytes: number;
}

/** Bound of what waits in a partition's outbox for one target (delivery.md A.5). */
const maxOutboxBytes = 64 * 1024 * 1024;

/** Messages of one partition that are committed, or about to be, and not yet confirmed by the broker. */
export class Outbox {
  readonly #partition: PartitionId;
  readonly #lanes: Lanes;
  /** Last number given per target. */
  readonly #numbers: Map<Destination, number>;
  /** Bytes on their way per target, drafts of running turns not included. */
  readonly #bytes = new Map<Destination, number>();
  readonly #confirmed: (target: Destination, number: number) => void;
  #closed = false;

  constructor(
    partition: PartitionId,
    lanes: Lanes,
    numbers: ReadonlyMap<Destination, number>,
    confirmed: (target: Destination, number: number) => void,
  ) {
    this.#partition = partition;
    this.#lanes = lanes;
    this.#numbers = new Map(numbers);
    this.#confirmed = confirmed;
  }

  /** @throws OverloadedError when the target's outbox has no room for a message of this size */
  checkRoom(target: Destination, bytes: number): void {
    if ((this.#bytes.get(target) ?? 0) + bytes > maxOutboxBytes) {
      throw new OverloadedError(
        `the outbox for ${target} is full: its mailbox does not take messages`,
        "outbox",
        1_000,
      );
    }
  }

  /**
   * Gives numbers in the commit (delivery.md S2): max(last + 1, fence), so that a source that lost its newest commits
   * numbers above everything it ever sent.
   */
  number(drafts: readonly Draft[], fence: number): OutboxEntry[] {
    return drafts.map(({ target, text, bytes }) => {
      const prev = this.#numbers.get(target) ?? 0;
      const number = Math.max(prev + 1, fence);
      this.#numbers.set(target, number);
      this.#bytes.set(target, (this.#bytes.get(target) ?? 0) + bytes);
      return { target, number, prev, message: text };
    });
  }

  /** Sends committed entries, oldest first; also those found at takeover (T2). */
  relay(entries: readonly OutboxEntry[]): void {
    for (const entry of entries) {
      if (this.#closed) return;
      this.#lanes.lane(entry.target).send(new Relayed(this, this.#partition, entry));
    }
  }

  /** Counts entries found at takeover against the bound. */
  adopt(entries: readonly OutboxEntry[]): void {
    for (const { target, message } of entries) {
      this.#bytes.set(target, (this.#bytes.get(target) ?? 0) + Buffer.byteLength(message));
    }
    this.relay(entries);
  }

  settle({ target, number }: OutboxEntry, bytes: number): void {
    if (this.#closed) return;
    this.#bytes.set(target, Math.max(0, (this.#bytes.get(target) ?? 0) - bytes));
    this.#confirmed(target, number);
  }

  /** The partition is somebody else's: what was not sent yet is sent by the next owner. */
  close(): void {
    this.#closed = true;
    this.#lanes.dropOutbox(this.#partition);
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
