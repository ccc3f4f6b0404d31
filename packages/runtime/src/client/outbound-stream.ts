import { clientStream } from "@actor-runtime/core";

/** An ask as its stream sees it: still waited for, or not. */
export interface OutstandingAsk {
  number: number;
  readonly done: boolean;
}

/**
 * This process's own stream to one partition: rising numbers without reuse, taken when a batch is built (delivery.md S2).
 */
export class OutboundStream {
  readonly name: string;
  /** When a batch of it was last published, in ms by the clock's `monotonic()`. */
  publishedAt: number;
  /** S6: no number is taken from it any more. */
  closed = false;
  /** Every publication was confirmed, so there is no second copy of any number. */
  clean = true;
  #next = 1;
  #confirmed = 0;
  /** Asks in the order of their numbers, from `#front` on; those before it are done and let go. */
  #asks: (OutstandingAsk | undefined)[] = [];
  #front = 0;

  /** @param openMs the store's time, as far as it is known here @param now by the clock's `monotonic()` */
  constructor(openMs: number, random: string, now: number) {
    this.name = clientStream(openMs, random);
    this.publishedAt = now;
  }

  /** The last number known to be stored by the broker. */
  get confirmed(): number {
    return this.#confirmed;
  }

  /** Every ask below this number has its answer, or nobody waits for it any more. */
  get settled(): number {
    while (this.#front < this.#asks.length && this.#asks[this.#front]!.done) this.#asks[this.#front++] = undefined;
    if (this.#front === this.#asks.length) {
      this.#asks = [];
      this.#front = 0;
      return this.#next;
    }
    // Keeps the list in proportion to what is outstanding.
    if (this.#front > 64 && this.#front * 2 > this.#asks.length) {
      this.#asks = this.#asks.slice(this.#front);
      this.#front = 0;
    }
    return this.#asks[this.#front]!.number;
  }

  /** The next number; an ask waits for its answer under it. */
  take(ask: OutstandingAsk | undefined): number {
    const number = this.#next++;
    if (ask) this.#asks.push(ask);
    return number;
  }

  confirm(number: number): void {
    if (number > this.#confirmed) this.#confirmed = number;
  }
}
