import type { PendingAsk } from "./pending-ask.js";

/** At most this many calls of one process may wait for their answer or confirm (P12); a power of two. */
export const maxPending = 2 ** 18;
/** Ids stay whole numbers that are exact: beyond, after weeks of many calls, they begin anew. */
const maxGenerations = 2 ** 53 / maxPending;

/** The asks and queries of this process that wait for their answer. */
export class PendingAsks {
  /** By place; a call's id is its place plus a multiple of `maxPending`, so an old id finds nobody. */
  readonly #asks: (PendingAsk | undefined)[] = [];
  readonly #freePlaces: number[] = [];
  #generation = 0;

  get size(): number {
    return this.#asks.length - this.#freePlaces.length;
  }

  /** Of the one that is added next. */
  get nextId(): number {
    const place = this.#freePlaces.at(-1) ?? this.#asks.length;
    return this.#generation * maxPending + place;
  }

  add(pending: PendingAsk): void {
    this.#freePlaces.pop();
    this.#asks[pending.id % maxPending] = pending;
    this.#generation = (this.#generation + 1) % maxGenerations;
  }

  find(id: number): PendingAsk | undefined {
    const pending = this.#asks[id % maxPending];
    return pending?.id === id ? pending : undefined;
  }

  delete({ id }: PendingAsk): void {
    const place = id % maxPending;
    this.#asks[place] = undefined;
    this.#freePlaces.push(place);
  }

  /** Those that end meanwhile are passed. */
  *[Symbol.iterator](): Generator<PendingAsk> {
    for (const pending of this.#asks) if (pending !== undefined) yield pending;
  }
}
