import type { Frame } from "@actor-runtime/core";

/** A frame on its way through a queue. */
export interface Entry {
  readonly frame: Frame;
  /** How often it came back unacked. */
  redeliveries: number;
}

/** Places already taken are cut off the front when there are this many, and more of them than waiting frames. */
const compactAbove = 1_024;

/** What waits in a queue, first in, first out. Every step costs O(1), apart from giving back. */
export class Fifo {
  /** Frames from `#head` on wait; the places before it are empty. */
  #entries: (Entry | undefined)[] = [];
  #head = 0;

  get length(): number {
    return this.#entries.length - this.#head;
  }

  push(entry: Entry): void {
    this.#entries.push(entry);
  }

  /** Only while something waits. */
  take(): Entry {
    const entry = this.#entries[this.#head]!;
    // An empty place, so that a frame that was acked can be collected.
    this.#entries[this.#head] = undefined;
    this.#head += 1;
    if (this.#head === this.#entries.length) {
      this.#entries.length = 0;
      this.#head = 0;
    } else if (this.#head > compactAbove && this.#head * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#head);
      this.#head = 0;
    }
    return entry;
  }

  /** Puts entries that were delivered and not acked in front. */
  giveBack(unacked: readonly Entry[]): void {
    if (unacked.length === 0) return;
    for (const entry of unacked) entry.redeliveries += 1;
    this.#entries = [...unacked, ...this.#entries.slice(this.#head)];
    this.#head = 0;
  }
}

/** A frame of this process knows its size without making its body. */
export function sizeOf(frame: Frame): number {
  return frame.bytes ?? frame.body.byteLength;
}
