import type { Channel, Frame } from "@actor-runtime/core";
import type { Entry } from "./fifo.js";
import type { Link } from "./link.js";

/** Whose frames a channel brings. */
export interface Queue {
  /** The channel has ended; its unacked frames go back. */
  leave(channel: QueueChannel, unacked: readonly Entry[]): void;
  /** A frame is done with. */
  settled(entry: Entry): void;
}

/** The process at the other end of a channel. */
export interface Receiver {
  deliver(tag: number, frame: Frame, redeliveries: number): void;
  lost(reason: Error): void;
}

/** A consumer's channel and what it has not acked. Tags count from 1 on every channel, as in AMQP. */
export class QueueChannel implements Channel {
  /** The most unacked frames; counts from the next delivery on. */
  prefetch: number;
  readonly #queue: Queue;
  readonly #link: Link;
  readonly #receiver: Receiver;
  readonly #onEnd: (channel: QueueChannel) => void;
  /** In the order of delivery. */
  readonly #unacked = new Map<number, Entry>();
  #lastTag = 0;
  #open = true;
  #closed = false;

  constructor(queue: Queue, link: Link, prefetch: number, receiver: Receiver, onEnd: (channel: QueueChannel) => void) {
    this.prefetch = prefetch;
    this.#queue = queue;
    this.#link = link;
    this.#receiver = receiver;
    this.#onEnd = onEnd;
  }

  get unacked(): number {
    return this.#unacked.size;
  }

  get hasRoom(): boolean {
    return this.#unacked.size < this.prefetch;
  }

  deliver(entry: Entry): void {
    this.#lastTag += 1;
    const tag = this.#lastTag;
    // Before it arrives it may have gone back.
    const { frame, redeliveries } = entry;
    this.#unacked.set(tag, entry);
    // It comes even if the channel has ended meanwhile: what was delivered before the end stands before its news.
    this.#link.pass(() => {
      if (!this.#closed) this.#receiver.deliver(tag, frame, redeliveries);
    });
  }

  ack(tag: number): void {
    this.#link.send(() => {
      const entry = this.#unacked.get(tag);
      if (entry === undefined) return;
      this.#unacked.delete(tag);
      this.#queue.settled(entry);
    });
  }

  close(): Promise<void> {
    this.#closed = true;
    // When the connection breaks the channel ends by itself.
    return this.#link.finish(() => void this.#end());
  }

  /** The channel broke: the process learns of it one hop later, unless it has closed the channel itself by then. */
  lose(reason: Error): void {
    if (!this.#end()) return;
    this.#link.observe(() => {
      if (!this.#closed) this.#receiver.lost(reason);
    });
  }

  #end(): boolean {
    if (!this.#open) return false;
    this.#open = false;
    const returned = [...this.#unacked.values()];
    // Emptied, so that a late ack finds nothing.
    this.#unacked.clear();
    this.#queue.leave(this, returned);
    this.#onEnd(this);
    return true;
  }
}
