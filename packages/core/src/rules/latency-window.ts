/** Values are counted in whole µs; each power of two is cut into this many buckets of equal width. */
const subBuckets = 16;
const subBucketBits = 4;
/** The longest that is told apart from longer ones, a little over an hour. */
const maxMicros = 2 ** 32 - 1;
const buckets = (32 - subBucketBits + 1) * subBuckets;
/** How long one generation gathers. */
const generationSeconds = 30;

/** What a window holds. */
export interface Latency {
  readonly count: number;
  /** Half of the values are at most so long, in ms. */
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/**
 * How long things took of late: between 30 and 60 s are in view, in two generations that take turns. Quantiles are exact to
 * the µs below 16 µs, and from there on off by at most 1/32 of the value (3.2 %): the log-linear buckets of Tene,
 * "HdrHistogram" (2012), of which this keeps 464 and so takes 4 kB.
 *
 * Times are whole seconds of a clock that never goes back, so that counting costs a few additions.
 *
 * @example
 * const window = new LatencyWindow();
 * window.add(12.5, second);
 * LatencyWindow.of([window], second)?.p99Ms; // 12.5, give or take 3 %
 */
export class LatencyWindow {
  #now = new Uint32Array(buckets);
  #before = new Uint32Array(buckets);
  #since = 0;

  add(ms: number, second: number): void {
    if (second - this.#since >= generationSeconds) this.#turn(second);
    this.#now[bucketOf(ms)]! += 1;
  }

  /** What several windows hold together; `undefined` when that is nothing. */
  static of(windows: Iterable<LatencyWindow>, second: number): Latency | undefined {
    const counts = new Float64Array(buckets);
    let count = 0;
    for (const window of windows) {
      if (second - window.#since >= generationSeconds) window.#turn(second);
      for (let bucket = 0; bucket < buckets; bucket++) {
        const here = window.#now[bucket]! + window.#before[bucket]!;
        counts[bucket]! += here;
        count += here;
      }
    }
    if (count === 0) return undefined;
    return { count, p50Ms: quantile(counts, count, 0.5), p99Ms: quantile(counts, count, 0.99) };
  }

  /** The younger generation becomes the older one, unless it is too old for that too. */
  #turn(second: number): void {
    const generations = Math.floor((second - this.#since) / generationSeconds);
    this.#since += generations * generationSeconds;
    [this.#now, this.#before] = [this.#before, this.#now];
    this.#now.fill(0);
    if (generations > 1) this.#before.fill(0);
  }
}

/** The value of rank ⌈q·n⌉, by the middle of its bucket. */
function quantile(counts: Float64Array, count: number, q: number): number {
  const rank = Math.ceil(q * count);
  let bucket = 0;
  for (let seen = counts[0]!; seen < rank; seen += counts[bucket]!) bucket += 1;
  return middleOf(bucket) / 1_000;
}

function bucketOf(ms: number): number {
  const micros = Math.min(maxMicros, Math.max(0, Math.round(ms * 1_000)));
  if (micros < subBuckets) return micros;
  const shift = 31 - Math.clz32(micros) - subBucketBits;
  return shift * subBuckets + (micros >>> shift);
}

/** In µs. */
function middleOf(bucket: number): number {
  if (bucket < subBuckets) return bucket;
  const shift = Math.floor(bucket / subBuckets) - 1;
  const first = (bucket - shift * subBuckets) * 2 ** shift;
  return first + (2 ** shift - 1) / 2;
}
