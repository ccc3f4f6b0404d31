import type { Attributes } from "@actor-runtime/core";

export const usualMaxLabelSets = 1_000;

export type Labels = Readonly<Record<string, string>>;

/**
 * What is kept for each set of labels of one instrument. There are at most `max` sets; what would be one more is kept together,
 * with the label value `other`, so that no sender can fill the memory with names.
 */
export class LabelSets<T> {
  readonly #names: readonly string[];
  readonly #max: number;
  readonly #make: () => T;
  readonly #onOverflow: () => void;
  readonly #kept = new Map<string, { readonly labels: Labels; readonly value: T }>();

  constructor(names: readonly string[], max: number, make: () => T, onOverflow: () => void) {
    this.#names = names;
    this.#max = max;
    this.#make = make;
    this.#onOverflow = onOverflow;
  }

  /** The one for these labels; those that the instrument does not know are left out. */
  of(labels: Attributes = {}): T {
    const known: Record<string, string> = {};
    for (const name of this.#names) {
      const value = labels[name];
      // Halves of characters all look the same to whoever scrapes.
      if (value !== undefined) known[name] = String(value).toWellFormed();
    }
    return this.#get(known);
  }

  [Symbol.iterator](): IterableIterator<{ readonly labels: Labels; readonly value: T }> {
    return this.#kept.values();
  }

  #get(labels: Labels): T {
    const key = JSON.stringify(labels);
    const kept = this.#kept.get(key);
    if (kept !== undefined) return kept.value;
    const other = Object.fromEntries(Object.keys(labels).map((name) => [name, "other"]));
    if (this.#kept.size >= this.#max && key !== JSON.stringify(other)) {
      this.#onOverflow();
      return this.#get(other);
    }
    const value = this.#make();
    this.#kept.set(key, { labels, value });
    return value;
  }
}
