/**
 * A set of positive integers that is dense at its beginning: everything up to `mark`, and a few ranges above it.
 * Sender streams are such sets, so membership costs one comparison and the text form is usually one number.
 */
export class Ranges {
  #mark: number;
  /** Flat pairs [from, to, from, to, …], ascending, neither touching each other nor the mark. */
  #above: number[] = [];

  constructor(mark = 0) {
    this.#mark = mark;
  }

  /** Everything from 1 up to this number is in the set. */
  get mark(): number {
    return this.#mark;
  }

  /** The ranges above the mark, ascending. */
  get above(): readonly (readonly [from: number, to: number])[] {
    const pairs: [number, number][] = [];
    for (let i = 0; i < this.#above.length; i += 2) pairs.push([this.#above[i]!, this.#above[i + 1]!]);
    return pairs;
  }

  has(n: number): boolean {
    if (n <= this.#mark) return true;
    for (let i = 0; i < this.#above.length && this.#above[i]! <= n; i += 2) {
      if (n <= this.#above[i + 1]!) return true;
    }
    return false;
  }

  /** Adds `from` to `to`, both included; an empty range (`to < from`) adds nothing. */
  add(from: number, to: number): void {
    if (to < from || to <= this.#mark) return;
    if (from <= this.#mark + 1) {
      this.#mark = to;
    } else {
      this.#insert(from, to);
    }
    this.#absorb();
  }

  /** The parts of `from`–`to` that are missing, ascending. */
  gaps(from: number, to: number): [from: number, to: number][] {
    const missing: [number, number][] = [];
    let next = Math.max(from, this.#mark + 1);
    for (let i = 0; i < this.#above.length && next <= to; i += 2) {
      const start = this.#above[i]!;
      const end = this.#above[i + 1]!;
      if (end < next) continue;
      if (start > next) missing.push([next, Math.min(start - 1, to)]);
      next = end + 1;
    }
    if (next <= to) missing.push([next, to]);
    return missing;
  }

  equals(other: Ranges): boolean {
    return (
      this.#mark === other.#mark &&
      this.#above.length === other.#above.length &&
      this.#above.every((bound, index) => bound === other.#above[index])
    );
  }

  #insert(from: number, to: number): void {
    const merged: number[] = [];
    let placed = false;
    for (let i = 0; i < this.#above.length; i += 2) {
      const start = this.#above[i]!;
      const end = this.#above[i + 1]!;
      if (end + 1 < from) {
        merged.push(start, end);
      } else if (to + 1 < start) {
        if (!placed) merged.push(from, to);
        placed = true;
        merged.push(start, end);
      } else {
        from = Math.min(from, start);
        to = Math.max(to, end);
      }
    }
    if (!placed) merged.push(from, to);
    this.#above = merged;
  }

  /** Moves ranges that now touch the mark below it. */
  #absorb(): void {
    while (this.#above.length > 0 && this.#above[0]! <= this.#mark + 1) {
      this.#mark = Math.max(this.#mark, this.#above[1]!);
      this.#above.splice(0, 2);
    }
  }
}
