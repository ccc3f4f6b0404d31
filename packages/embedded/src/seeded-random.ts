import type { Random } from "@actor-runtime/core";
import { hexId } from "./hex-id.js";

/**
 * Chance decided by a seed: the same seed gives the same numbers on every machine.
 *
 * The generator is xoshiro128** 1.1 by David Blackman and Sebastiano Vigna (public domain,
 * https://prng.di.unimi.it/xoshiro128starstar.c), its state filled from the seed by SplitMix32, as its authors advise.
 */
export class SeededRandom implements Random {
  readonly #draw: () => number;

  constructor(seed: number) {
    const fill = splitMix32(seed);
    this.#draw = xoshiro128StarStar([fill(), fill(), fill(), fill()]);
  }

  next(): number {
    return this.#draw() / 2 ** 32;
  }

  id(): string {
    return hexId(this.#draw(), this.#draw());
  }
}

/** Draws 32 bits, unsigned; not all words of the state may be 0. */
export function xoshiro128StarStar(state: readonly [number, number, number, number]): () => number {
  let [a, b, c, d] = state;
  return () => {
    const result = Math.imul(rotate(Math.imul(b, 5), 7), 9);
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = rotate(d, 11);
    return result >>> 0;
  };
}

/** The finaliser of MurmurHash3 over a Weyl sequence (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators). */
function splitMix32(seed: number): () => number {
  let weyl = seed | 0;
  return () => {
    weyl = (weyl + 0x9e3779b9) | 0;
    let mixed = weyl;
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
    return (mixed ^ (mixed >>> 16)) >>> 0;
  };
}

function rotate(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}
