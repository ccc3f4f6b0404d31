import type { Random } from "@actor-runtime/core";
import { hexId } from "./hex-id.js";

/** Chance from the operating system, drawn 256 words at a time: one call of the system costs more than a number. */
export class SystemRandom implements Random {
  readonly #words = new Uint32Array(256);
  #next = this.#words.length;

  next(): number {
    return this.#draw() / 2 ** 32;
  }

  id(): string {
    return hexId(this.#draw(), this.#draw());
  }

  #draw(): number {
    if (this.#next === this.#words.length) {
      globalThis.crypto.getRandomValues(this.#words);
      this.#next = 0;
    }
    const word = this.#words[this.#next]!;
    this.#next += 1;
    return word;
  }
}
