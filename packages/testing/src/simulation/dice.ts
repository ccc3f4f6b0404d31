import type { Random } from "@actor-runtime/core";

/** Choices that a seed decides. */
export class Dice {
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  /** From 0, below `bound`. */
  below(bound: number): number {
    return Math.floor(this.#random.next() * bound);
  }

  between(from: number, to: number): number {
    return from + this.below(to - from + 1);
  }

  happens(probability: number): boolean {
    return this.#random.next() < probability;
  }

  oneOf<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!;
  }

  weighted<T extends { readonly weight: number }>(items: readonly T[]): T {
    let left = this.#random.next() * items.reduce((sum, { weight }) => sum + weight, 0);
    return items.find(({ weight }) => (left -= weight) < 0) ?? items.at(-1)!;
  }
}
