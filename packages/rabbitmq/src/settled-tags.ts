/**
 * Delivery tags of one channel that are settled and not yet acked. One ack stands for all up to the first that is still open,
 * so that the broker writes one entry to its log instead of one per frame.
 *
 * The broker counts a channel's tags from 1, and closes a channel that acks one twice.
 */
export class SettledTags {
  /** Every tag up to this one is settled. */
  #upTo = 0;
  /** The highest of those that is not acked; 0 = all are. */
  #unacked = 0;
  /** Settled ones above, and whether they are acked. */
  readonly #above = new Map<number, boolean>();
  #pending = 0;

  /** How many wait to be acked. */
  get pending(): number {
    return this.#pending;
  }

  add(tag: number): void {
    if (tag <= this.#upTo || this.#above.has(tag)) return;
    this.#pending++;
    if (tag !== this.#upTo + 1) {
      this.#above.set(tag, false);
      return;
    }
    this.#upTo = tag;
    this.#unacked = tag;
    for (let acked = this.#next(); acked !== undefined; acked = this.#next()) {
      this.#above.delete(++this.#upTo);
      if (!acked) this.#unacked = this.#upTo;
    }
  }

  /** Hands out what is to be acked: a tag alone, or with all before it. */
  take(ack: (tag: number, allUpTo: boolean) => void): void {
    this.#pending = 0;
    const unacked = this.#unacked;
    this.#unacked = 0;
    if (unacked > 0) ack(unacked, true);
    for (const [tag, acked] of this.#above) {
      if (acked) continue;
      this.#above.set(tag, true);
      ack(tag, false);
    }
  }

  #next(): boolean | undefined {
    return this.#above.get(this.#upTo + 1);
  }
}
