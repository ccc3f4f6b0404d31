import type { Channel, Consumer, Frame } from "@actor-runtime/core";
import type { Link } from "./link.js";
import type { Schedule } from "./schedule.js";

/** A frame on its way through the queue. */
interface Entry {
  readonly frame: Frame;
  redelivered: boolean;
}

/** Places already delivered are cut off the front when there are this many, and more of them than waiting frames. */
const compactAbove = 1_024;

/**
 * One partition's queue with a single active consumer: whoever came first consumes, the others wait in line.
 *
 * Frames are delivered in order to one channel at a time, so its unacked frames always stand before all that wait:
 * giving them back means putting them in front. Every step costs O(1), apart from giving back.
 */
export class PartitionQueue {
  readonly #maxBytes: number;
  readonly #schedule: Schedule;
  readonly #line: QueueChannel[] = [];
  /** Frames from `#head` on wait; the places before it are empty. */
  #waiting: (Entry | undefined)[] = [];
  #head = 0;
  #bytes = 0;
  #pumping = false;

  constructor(maxBytes: number, schedule: Schedule) {
    this.#maxBytes = maxBytes;
    this.#schedule = schedule;
  }

  push(frame: Frame): "confirmed" | "refused" {
    const bytes = sizeOf(frame);
    if (this.#bytes + bytes > this.#maxBytes) return "refused";
    this.#bytes += bytes;
    this.#waiting.push({ frame, redelivered: false });
    this.pump();
    return "confirmed";
  }

  /** Frames that wait or are not acked. */
  get depth(): number {
    let depth = this.#waiting.length - this.#head;
    for (const { unacked } of this.#line) depth += unacked;
    return depth;
  }

  /** Puts a consumer in line. */
  open(link: Link, prefetch: number, consumer: Consumer, onEnd: (channel: QueueChannel) => void): QueueChannel {
    const channel = new QueueChannel(this, link, prefetch, consumer, onEnd);
    this.#line.push(channel);
    this.pump();
    return channel;
  }

  /** All consumers lose their channels. */
  cut(reason: Error): void {
    for (const channel of [...this.#line]) channel.lose(reason);
  }

  /** Takes a channel out of line; its unacked frames go back to their old places. */
  leave(channel: QueueChannel, unacked: Iterable<Entry>): void {
    this.#line.splice(this.#line.indexOf(channel), 1);
    const returned: (Entry | undefined)[] = [];
    for (const entry of unacked) {
      entry.redelivered = true;
      returned.push(entry);
    }
    if (returned.length > 0) {
      this.#waiting = returned.concat(this.#waiting.slice(this.#head));
      this.#head = 0;
    }
    this.pump();
  }

  settled(entry: Entry): void {
    this.#bytes -= sizeOf(entry.frame);
    this.pump();
  }

  /** Delivers soon what the first in line has room for. */
  pump(): void {
    if (this.#pumping || this.#head === this.#waiting.length || !this.#line[0]?.hasRoom) return;
    this.#pumping = true;
    this.#schedule(this.#deliver);
  }

  readonly #deliver = (): void => {
    try {
      while (this.#head < this.#waiting.length && this.#line[0]?.hasRoom) this.#line[0].deliver(this.#take());
    } finally {
      this.#pumping = false;
    }
  };

  #take(): Entry {
    const entry = this.#waiting[this.#head]!;
    // An empty place, so that a frame that was acked can be collected.
    this.#waiting[this.#head] = undefined;
    this.#head += 1;
    if (this.#head === this.#waiting.length) {
      this.#waiting.length = 0;
      this.#head = 0;
    } else if (this.#head > compactAbove && this.#head * 2 > this.#waiting.length) {
      this.#waiting = this.#waiting.slice(this.#head);
      this.#head = 0;
    }
    return entry;
  }
}

/** A consumer's place in line and what it has not acked. Tags count from 1 on every channel, as in AMQP. */
export class QueueChannel implements Channel {
  readonly #queue: PartitionQueue;
  readonly #link: Link;
  readonly #prefetch: number;
  readonly #consumer: Consumer;
  readonly #onEnd: (channel: QueueChannel) => void;
  /** In the order of delivery. */
  readonly #unacked = new Map<number, Entry>();
  #lastTag = 0;
  #open = true;
  #closed = false;

  constructor(
    queue: PartitionQueue,
    link: Link,
    prefetch: number,
    consumer: Consumer,
    onEnd: (channel: QueueChannel) => void,
  ) {
    this.#queue = queue;
    this.#link = link;
    this.#prefetch = prefetch;
    this.#consumer = consumer;
    this.#onEnd = onEnd;
  }

  get unacked(): number {
    return this.#unacked.size;
  }

  get hasRoom(): boolean {
    return this.#unacked.size < this.#prefetch;
  }

  deliver(entry: Entry): void {
    this.#lastTag += 1;
    this.#unacked.set(this.#lastTag, entry);
    const delivery = { tag: this.#lastTag, redelivered: entry.redelivered, frame: entry.frame };
    // It comes even if the channel has ended meanwhile: what was delivered before the end stands before its news.
    this.#link.pass(() => {
      if (!this.#closed) this.#consumer.deliver(delivery);
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
      if (!this.#closed) this.#consumer.lost(reason);
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

/** A frame of this process knows its size without making its body. */
function sizeOf(frame: Frame): number {
  return frame.bytes ?? frame.body.byteLength;
}
