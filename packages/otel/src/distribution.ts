/** Values counted by bucket. Taking one is a search in a short array and three additions. */
export class Distribution {
  readonly #bounds: readonly number[];
  /** One more than the bounds: the last takes what is above them all. */
  readonly #counts: Float64Array;
  #sum = 0;

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = new Float64Array(bounds.length + 1);
  }

  take(value: number): void {
    const bounds = this.#bounds;
    let at = 0;
    while (at < bounds.length && value > bounds[at]!) at++;
    this.#counts[at]!++;
    this.#sum += value;
  }

  get sum(): number {
    return this.#sum;
  }

  /** How many values were at most each bound, the last of which is infinite. */
  *cumulated(): Iterable<{ readonly bound: number; readonly count: number }> {
    let count = 0;
    for (const [at, inBucket] of this.#counts.entries()) {
      count += inBucket;
      yield { bound: this.#bounds[at] ?? Number.POSITIVE_INFINITY, count };
    }
  }
}
