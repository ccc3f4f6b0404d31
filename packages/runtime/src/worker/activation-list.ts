import type { Activation } from "./activation.js";

/** All activations of a worker, least recently used first: an intrusive list, so that using one costs a few assignments. */
export class ActivationList {
  #oldest: Activation | undefined;
  #newest: Activation | undefined;
  #size = 0;
  /** Coarse time in seconds, set by the worker every now and then: reading a clock for every turn would be felt. */
  now = 0;

  get size(): number {
    return this.#size;
  }

  add(activation: Activation): void {
    this.#size++;
    activation.usedAt = this.now;
    this.#append(activation);
  }

  remove(activation: Activation): void {
    this.#size--;
    this.#unlink(activation);
  }

  use(activation: Activation): void {
    activation.usedAt = this.now;
    if (this.#newest === activation) return;
    this.#unlink(activation);
    this.#append(activation);
  }

  /** From the least recently used on; the current one may be removed while iterating. */
  *[Symbol.iterator](): IterableIterator<Activation> {
    let activation = this.#oldest;
    while (activation) {
      const { newer }: Activation = activation;
      yield activation;
      activation = newer;
    }
  }

  #append(activation: Activation): void {
    activation.older = this.#newest;
    activation.newer = undefined;
    if (this.#newest) this.#newest.newer = activation;
    else this.#oldest = activation;
    this.#newest = activation;
  }

  #unlink(activation: Activation): void {
    const { older, newer } = activation;
    if (older) older.newer = newer;
    else this.#oldest = newer;
    if (newer) newer.older = older;
    else this.#newest = older;
    activation.older = undefined;
    activation.newer = undefined;
  }
}
