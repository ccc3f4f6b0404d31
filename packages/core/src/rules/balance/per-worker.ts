import type { PoolMember } from "./balancer.js";

/** Something for each worker of a pool: made when the worker is first seen, forgotten when it has left. */
export class PerWorker<T> {
  readonly #make: (worker: string) => T;
  readonly #all = new Map<string, T>();

  constructor(make: (worker: string) => T) {
    this.#make = make;
  }

  /** Of these and no others from now on. */
  members(workers: readonly PoolMember[]): void {
    for (const { id } of workers) {
      if (!this.#all.has(id)) this.#all.set(id, this.#make(id));
    }
    if (this.#all.size === workers.length) return;
    const members = new Set(workers.map(({ id }) => id));
    for (const id of this.#all.keys()) {
      if (!members.has(id)) this.#all.delete(id);
    }
  }

  get(worker: string): T | undefined {
    return this.#all.get(worker);
  }

  all(): IterableIterator<T> {
    return this.#all.values();
  }
}
