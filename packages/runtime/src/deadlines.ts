import type { Cancel, Clock } from "@actor-runtime/core";

/** Something with a point in time. The three links belong to the Deadlines that holds it. */
export interface Timed {
  bucket: Bucket | undefined;
  earlier: Timed | undefined;
  later: Timed | undefined;
  /** The time has come. */
  due(): void;
}

/** Items of the same few milliseconds, linked through themselves: setting and removing one allocates nothing. */
export interface Bucket {
  readonly time: number;
  first: Timed | undefined;
}

/**
 * Points in time for very many items with one timer. An item falls due at its time or up to `resolutionMs` after it, never
 * before.
 */
export class Deadlines {
  readonly #clock: Clock;
  readonly #resolutionMs: number;
  readonly #buckets = new Map<number, Bucket>();
  /** The bucket the last item went to; most calls have the same time-out, so the next one often goes there too. */
  #latest: Bucket | undefined;
  #armedFor = Number.POSITIVE_INFINITY;
  #cancel: Cancel | undefined;

  constructor(clock: Clock, resolutionMs = 10) {
    this.#clock = clock;
    this.#resolutionMs = resolutionMs;
  }

  /** Sets the item to fall due `inMs` from now, instead of what was set before. */
  set(item: Timed, inMs: number): void {
    this.setAt(item, this.#clock.monotonic() + inMs);
  }

  /** As `set`, with the time in ms by the clock's `monotonic()`. */
  setAt(item: Timed, atMs: number): void {
    this.delete(item);
    const bucket = this.#bucket(Math.ceil(atMs / this.#resolutionMs));
    item.bucket = bucket;
    item.later = bucket.first;
    if (bucket.first) bucket.first.earlier = item;
    bucket.first = item;
    if (bucket.time < this.#armedFor) this.#arm(bucket.time);
  }

  delete(item: Timed): void {
    const { bucket, earlier, later } = item;
    if (!bucket) return;
    if (earlier) earlier.later = later;
    else bucket.first = later;
    if (later) later.earlier = earlier;
    item.bucket = undefined;
    item.earlier = undefined;
    item.later = undefined;
    // The timer that was armed for an emptied bucket fires once for nothing and looks for the next.
    if (bucket.first === undefined && bucket !== this.#latest) this.#drop(bucket);
  }

  /** Forgets everything and stops the timer. */
  clear(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#armedFor = Number.POSITIVE_INFINITY;
    this.#buckets.clear();
    this.#latest = undefined;
  }

  #bucket(time: number): Bucket {
    const latest = this.#latest;
    if (latest?.time === time) return latest;
    if (latest !== undefined && latest.first === undefined) this.#drop(latest);
    let bucket = this.#buckets.get(time);
    if (!bucket) this.#buckets.set(time, (bucket = { time, first: undefined }));
    this.#latest = bucket;
    return bucket;
  }

  #drop(bucket: Bucket): void {
    // While its items fire, another bucket of the same time may have taken its place.
    if (this.#buckets.get(bucket.time) === bucket) this.#buckets.delete(bucket.time);
  }

  #arm(time: number): void {
    this.#cancel?.();
    this.#armedFor = time;
    const inMs = Math.max(0, time * this.#resolutionMs - this.#clock.monotonic());
    this.#cancel = this.#clock.after(inMs, () => this.#fire());
  }

  #fire(): void {
    this.#armedFor = Number.POSITIVE_INFINITY;
    const now = Math.floor(this.#clock.monotonic() / this.#resolutionMs);
    const due = [...this.#buckets.values()].filter(({ time }) => time <= now).sort((a, b) => a.time - b.time);
    for (const bucket of due) {
      this.#buckets.delete(bucket.time);
      if (bucket === this.#latest) this.#latest = undefined;
      this.#fireBucket(bucket);
    }
    let next = Number.POSITIVE_INFINITY;
    for (const { time, first } of this.#buckets.values()) if (first && time < next) next = time;
    if (next < this.#armedFor) this.#arm(next);
  }

  /** In the order set. What one item does may remove others of the bucket. */
  #fireBucket(bucket: Bucket): void {
    let last = bucket.first;
    while (last?.later) last = last.later;
    while (last) {
      const item: Timed = last;
      last = item.earlier;
      this.delete(item);
      item.due();
      // Removed meanwhile: begin again from the end.
      if (last && last.bucket !== bucket) {
        last = bucket.first;
        while (last?.later) last = last.later;
      }
    }
  }
}
