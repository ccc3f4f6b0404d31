import type { Consumer, Frame } from "@actor-runtime/core";
import { type Entry, Fifo, sizeOf } from "./fifo.js";
import type { Link } from "./link.js";
import { QueueChannel } from "./queue-channel.js";
import type { Schedule } from "./schedule.js";

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
  readonly #waiting = new Fifo();
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
    this.#waiting.push({ frame, redeliveries: 0 });
    this.pump();
    return "confirmed";
  }

  /** Frames that wait or are not acked. */
  get depth(): number {
    let depth = this.#waiting.length;
    for (const { unacked } of this.#line) depth += unacked;
    return depth;
  }

  /** Puts a consumer in line. */
  open(link: Link, prefetch: number, consumer: Consumer, onEnd: (channel: QueueChannel) => void): QueueChannel {
    const deliver = (tag: number, frame: Frame, redeliveries: number): void =>
      consumer.deliver({ tag, redelivered: redeliveries > 0, frame });
    const lost = (reason: Error): void => consumer.lost(reason);
    const channel = new QueueChannel(this, link, prefetch, { deliver, lost }, onEnd);
    this.#line.push(channel);
    this.pump();
    return channel;
  }

  /** All consumers lose their channels. */
  cut(reason: Error): void {
    for (const channel of [...this.#line]) channel.lose(reason);
  }

  /** Takes a channel out of line; its unacked frames go back to their old places. */
  leave(channel: QueueChannel, unacked: readonly Entry[]): void {
    this.#line.splice(this.#line.indexOf(channel), 1);
    this.#waiting.giveBack(unacked);
    this.pump();
  }

  settled(entry: Entry): void {
    this.#bytes -= sizeOf(entry.frame);
    this.pump();
  }

  /** Delivers soon what the first in line has room for. */
  pump(): void {
    if (this.#pumping || this.#waiting.length === 0 || !this.#line[0]?.hasRoom) return;
    this.#pumping = true;
    this.#schedule(this.#deliver);
  }

  readonly #deliver = (): void => {
    try {
      while (this.#waiting.length > 0 && this.#line[0]?.hasRoom) this.#line[0].deliver(this.#waiting.take());
    } finally {
      this.#pumping = false;
    }
  };
}
