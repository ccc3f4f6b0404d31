import { type Destination, maxFrameBytes, maxFrameMessages } from "@actor-runtime/core";
import type { Outgoing } from "./outgoing.js";
import { noRoom } from "./refusals.js";

/** Bounds of what may wait for one destination for client calls (P12). */
const maxWaiting = 50_000;
const maxWaitingBytes = 32 * 1024 * 1024;

/** What waits to be sent to one destination, first in, first out. */
export class Waiting {
  /** Those from `#front` on wait; the places before it are empty. */
  #messages: (Outgoing | undefined)[] = [];
  #front = 0;
  #bytes = 0;

  get length(): number {
    return this.#messages.length - this.#front;
  }

  /**
   * @param eachMs how long a message took of late; 0: nobody knows
   * @throws OverloadedError when a client's call would exceed the bounds
   */
  checkRoom(to: Destination, bytes: number, eachMs: number): void {
    if (this.length < maxWaiting && this.#bytes + bytes <= maxWaitingBytes) return;
    throw noRoom(to, this.length, eachMs);
  }

  push(message: Outgoing): void {
    this.#messages.push(message);
    this.#bytes += message.bytes;
  }

  /** The first one; `undefined`: none waits. */
  take(): Outgoing | undefined {
    const first = this.#messages[this.#front];
    if (first === undefined) return undefined;
    // Its place is empty at once, for it may be large; moving the others is for when half of the places are.
    this.#messages[this.#front++] = undefined;
    if (this.#front * 2 >= this.#messages.length) this.#compact();
    this.#bytes -= first.bytes;
    return first;
  }

  /** As many of the first as fit one frame, and one at least: something must wait. */
  takeFrame(): Outgoing[] {
    const messages = this.#compact();
    let bytes = 0;
    let count = 0;
    for (const message of messages) {
      if (count === maxFrameMessages || (count > 0 && bytes + message.bytes > maxFrameBytes)) break;
      bytes += message.bytes;
      count++;
    }
    this.#bytes -= bytes;
    if (count < messages.length) return messages.splice(0, count);
    this.#messages = [];
    return messages;
  }

  /** Whether it did wait. */
  remove(message: Outgoing): boolean {
    // Those whose time is over come in the order in which they were sent.
    if (this.#messages[this.#front] === message) return this.take() !== undefined;
    const index = this.#messages.indexOf(message, this.#front);
    if (index < 0) return false;
    this.#messages.splice(index, 1);
    this.#bytes -= message.bytes;
    return true;
  }

  /** Those that match wait no longer. */
  removeAll(matches: (message: Outgoing) => boolean): Outgoing[] {
    const messages = this.#compact();
    const removed = messages.filter(matches);
    if (removed.length === 0) return removed;
    this.#messages = messages.filter((message) => !matches(message));
    for (const { bytes } of removed) this.#bytes -= bytes;
    return removed;
  }

  #compact(): Outgoing[] {
    if (this.#front > 0) {
      this.#messages = this.#messages.slice(this.#front);
      this.#front = 0;
    }
    return this.#messages as Outgoing[];
  }
}
