import type { Cancel, Clock } from "@actor-runtime/core";

/** Something with a point in time; `bucket` belongs to the Deadlines that holds it. */
export interface Timed {
  bucket: number;
  /** The time has come. */
  due(): void;
}

/** Value of `bucket` while nothing is set. */
export const noDeadline = -1;

/**
 * Points in time for very many items with one timer: items share buckets of `resolutionMs`, and setting or removing one is
 * a set operation. An item falls due at its time or up to `resolutionMs` after it, never before.
 */
export class Deadlines {
  readonly #clock: Clock;
  readonly #resolutionMs: number;
  readonly #buckets = new Map<number, Set<Timed>>();
  #armedFor = Number.POSITIVE_INFINITY;
  #cancel: Cancel | undefined;

  constructor(clock: Clock, resolutionMs = 10) {
    this.#clock = clock;
    this.#resolutionMs = resolutionMs;
  }

  /** Sets the item to fall due `inMs` from now, instead of what was set before. */
  set(item: Timed, inMs: number): void {
    this.delete(item);
    const bucket = Math.ceil((this.#clock.monotonic() + inMs) / this.#resolutionMs);
    let items = this.#buckets.get(bucket);
    if (!items) this.#buckets.set(bucket, (items = new Set()));
    items.add(item);
    item.bucket = bucket;
    if (bucket < this.#armedFor) this.#arm(bucket);
  }

  delete(item: Timed): void {
    if (item.bucket === noDeadline) return;
    const items = this.#buckets.get(item.bucket);
    // An emptied bucket goes; the timer that was armed for it fires once for nothing and looks for the next.
    if (items?.delete(item) && items.size === 0) this.#buckets.delete(item.bucket);
    item.bucket = noDeadline;
  }

  /** Forgets everything and stops the timer. */
  clear(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#armedFor = Number.POSITIVE_INFINITY;
    this.#buckets.clear();
  }

  #arm(bucket: number): void {
    this.#cancel?.();
    this.#armedFor = bucket;
    const inMs = Math.max(0, bucket * this.#resolutionMs - this.#clock.monotonic());
    this.#cancel = this.#clock.after(inMs, () => this.#fire());
  }

  #fire(): void {
    this.#armedFor = Number.POSITIVE_INFINITY;
    const nowBucket = Math.floor(this.#clock.monotonic() / this.#resolutionMs);
    const due: [number, Set<Timed>][] = [];
    for (const entry of this.#buckets) if (entry[0] <= nowBucket) due.push(entry);
    due.sort((a, b) => a[0] - b[0]);
    for (const [bucket, items] of due) {
      this.#buckets.delete(bucket);
      for (const item of items) item.bucket = noDeadline;
      for (const item of items) item.due();
    }
    let next = Number.POSITIVE_INFINITY;
    for (const bucket of this.#buckets.keys()) if (bucket < next) next = bucket;
    if (next < this.#armedFor) this.#arm(next);
  }
}
