/** So many of the latest are looked at. */
const window = 32;

/**
 * How long it takes from an ack to the delivery that it makes room for, in ms of a clock that never goes back. Where nothing
 * waits in the queue the next delivery is late for another reason, so the shortest of the latest counts.
 */
export class RoundTrips {
  /** Acks of a full window that no delivery has followed yet. */
  #acks: number[] = [];
  readonly #latest: number[] = [];
  #next = 0;

  /** A message of a full window was acked. */
  acked(now: number): void {
    if (this.#acks.length < window) this.#acks.push(now);
  }

  delivered(now: number): void {
    const acked = this.#acks.shift();
    if (acked === undefined) return;
    this.#latest[this.#next] = now - acked;
    this.#next = (this.#next + 1) % window;
  }

  /** 0: not known. */
  get shortestMs(): number {
    return this.#latest.length === 0 ? 0 : Math.min(...this.#latest);
  }

  /** Deliveries from now on follow no earlier ack. */
  clear(): void {
    this.#acks = [];
  }
}
