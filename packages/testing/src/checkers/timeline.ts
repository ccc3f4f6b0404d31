/** A time span with something to it. */
export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Spans that can be asked for those that touch a time, at the price of a binary search and of what is found. */
export class Timeline<T extends Span> {
  readonly #spans: readonly T[];
  /** The latest end up to and including each span. */
  readonly #latestEnds: readonly number[];

  constructor(spans: readonly T[]) {
    this.#spans = spans.toSorted((a, b) => a.fromMs - b.fromMs);
    let latest = Number.NEGATIVE_INFINITY;
    this.#latestEnds = this.#spans.map(({ toMs }) => (latest = Math.max(latest, toMs)));
  }

  during(fromMs: number, toMs: number): T[] {
    const found: T[] = [];
    for (let i = this.#firstEndingFrom(fromMs); i < this.#spans.length && this.#spans[i]!.fromMs <= toMs; i++) {
      if (this.#spans[i]!.toMs >= fromMs) found.push(this.#spans[i]!);
    }
    return found;
  }

  #firstEndingFrom(ms: number): number {
    let low = 0;
    let high = this.#spans.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#latestEnds[middle]! < ms) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
