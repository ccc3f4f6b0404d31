/** A task and when it is due; `order` tells tasks of the same time apart, first come, first served. */
export interface PendingTimer {
  readonly at: number;
  readonly order: number;
  readonly task: () => void;
  cancelled: boolean;
}

/** Cancelled timers stay in the heap until there are this many, and more of them than live ones. */
const compactAbove = 64;

/** Pending timers, the earliest on top: a binary heap, so that adding and taking cost O(log n). */
export class TimerHeap {
  #timers: PendingTimer[] = [];
  #cancelled = 0;

  add(timer: PendingTimer): void {
    let index = this.#timers.push(timer) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!earlier(timer, this.#timers[parent]!)) break;
      this.#timers[index] = this.#timers[parent]!;
      index = parent;
    }
    this.#timers[index] = timer;
  }

  cancel(timer: PendingTimer): void {
    if (timer.cancelled) return;
    timer.cancelled = true;
    this.#cancelled += 1;
    if (this.#cancelled <= compactAbove || this.#cancelled * 2 <= this.#timers.length) return;
    // A sorted array is a heap.
    this.#timers = this.#timers.filter((pending) => !pending.cancelled).sort((a, b) => (earlier(a, b) ? -1 : 1));
    this.#cancelled = 0;
  }

  /** Takes the earliest timer due at `time` or before. */
  takeDue(time: number): PendingTimer | undefined {
    for (let top = this.#timers[0]; top !== undefined && (top.cancelled || top.at <= time); top = this.#timers[0]) {
      this.#removeTop();
      if (!top.cancelled) {
        // From here on `cancel` must not count it: it is no longer in the heap.
        top.cancelled = true;
        return top;
      }
      this.#cancelled -= 1;
    }
    return undefined;
  }

  #removeTop(): void {
    const last = this.#timers.pop()!;
    const length = this.#timers.length;
    if (length === 0) return;
    let index = 0;
    for (;;) {
      let child = index * 2 + 1;
      if (child >= length) break;
      if (child + 1 < length && earlier(this.#timers[child + 1]!, this.#timers[child]!)) child += 1;
      if (!earlier(this.#timers[child]!, last)) break;
      this.#timers[index] = this.#timers[child]!;
      index = child;
    }
    this.#timers[index] = last;
  }
}

function earlier(a: PendingTimer, b: PendingTimer): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
