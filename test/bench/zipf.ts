import type { Random } from "@actor-runtime/core";

/**
 * Draws ranks from 0 on, of which the first is the most popular: rank k comes with a probability proportional to
 * 1 / (k + 1)^skew (G. K. Zipf: Human Behavior and the Principle of Least Effort, 1949). Benchmarks of databases use a skew of
 * 0.99 (B. Cooper et al.: Benchmarking Cloud Serving Systems with YCSB, 2010); with 0 all are equally popular.
 */
export class Zipf {
  readonly #random: Random;
  /** The probability of a rank and all before it. */
  readonly #upTo: Float64Array;

  constructor(random: Random, ranks: number, skew: number) {
    this.#random = random;
    this.#upTo = new Float64Array(ranks);
    let sum = 0;
    for (let rank = 0; rank < ranks; rank++) this.#upTo[rank] = sum += (rank + 1) ** -skew;
    for (let rank = 0; rank < ranks; rank++) this.#upTo[rank]! /= sum;
  }

  next(): number {
    const chance = this.#random.next();
    let [low, high] = [0, this.#upTo.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (chance < this.#upTo[middle]!) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
