interface Event {
  readonly at: number;
  readonly happen: () => void;
}

/** Virtual time (ms) in which events happen in the order of their times. A binary heap, so that 100,000 take a moment. */
export class Timeline {
  readonly #heap: Event[] = [];
  #now = 0;

  get now(): number {
    return this.#now;
  }

  /** Of two at the same time either may be first. */
  after(delayMs: number, happen: () => void): void {
    const event = { at: this.#now + delayMs, happen };
    let hole = this.#heap.length;
    while (hole > 0) {
      const above = (hole - 1) >> 1;
      if (this.#heap[above]!.at <= event.at) break;
      this.#heap[hole] = this.#heap[above]!;
      hole = above;
    }
    this.#heap[hole] = event;
  }

  /** Until nothing is left to happen. */
  run(): void {
    for (let event = this.#take(); event; event = this.#take()) {
      this.#now = event.at;
      event.happen();
    }
  }

  #take(): Event | undefined {
    const first = this.#heap[0];
    const last = this.#heap.pop();
    if (!first || !last || this.#heap.length === 0) return first;
    let hole = 0;
    for (;;) {
      let below = 2 * hole + 1;
      if (below >= this.#heap.length) break;
      if (below + 1 < this.#heap.length && this.#heap[below + 1]!.at < this.#heap[below]!.at) below += 1;
      if (this.#heap[below]!.at >= last.at) break;
      this.#heap[hole] = this.#heap[below]!;
      hole = below;
    }
    this.#heap[hole] = last;
    return first;
  }
}
