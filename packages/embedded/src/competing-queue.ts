import type { Frame, PoolConsumer, PoolConsumerOptions } from "@actor-runtime/core";
import { type Entry, Fifo, sizeOf } from "./fifo.js";
import type { Link } from "./link.js";
import { QueueChannel } from "./queue-channel.js";
import type { Schedule } from "./schedule.js";

/** One of the consumers of a queue. */
export interface Competitor {
  readonly channel: QueueChannel;
  priority: number;
}

/**
 * A pool's queue: every frame goes to one of the consumers with room, first to those of the highest priority, in turn among
 * equals. What was not acked goes back to the front.
 */
export class CompetingQueue {
  readonly #maxBytes: number;
  readonly #schedule: Schedule;
  readonly #deserted: () => void;
  readonly #waiting = new Fifo();
  /** Whoever was served last stands at the end. */
  readonly #competitors: Competitor[] = [];
  /** Channels that stopped, and have not acked everything. */
  readonly #stopped = new Set<QueueChannel>();
  #bytes = 0;
  #pumping = false;

  /** @param deserted called when the last consumer has left */
  constructor(maxBytes: number, schedule: Schedule, deserted: () => void) {
    this.#maxBytes = maxBytes;
    this.#schedule = schedule;
    this.#deserted = deserted;
  }

  /** Frames that wait or are not acked. */
  get depth(): number {
    const channels = [...this.#stopped, ...this.#competitors.map(({ channel }) => channel)];
    return channels.reduce((depth, { unacked }) => depth + unacked, this.#waiting.length);
  }

  push(frame: Frame): "confirmed" | "refused" {
    const bytes = sizeOf(frame);
    if (this.#bytes + bytes > this.#maxBytes) return "refused";
    this.#bytes += bytes;
    this.#waiting.push({ frame, redeliveries: 0 });
    this.#pump();
    return "confirmed";
  }

  join(
    link: Link,
    { prefetch, priority = 0 }: PoolConsumerOptions,
    consumer: PoolConsumer,
    onEnd: (channel: QueueChannel) => void,
  ): Competitor {
    const deliver = (tag: number, frame: Frame, redeliveries: number): void =>
      consumer.deliver({ tag, redeliveries, frame });
    const lost = (reason: Error): void => consumer.lost(reason);
    const channel = new QueueChannel(this, link, prefetch, { deliver, lost }, onEnd);
    const competitor = { channel, priority };
    this.#competitors.push(competitor);
    this.#pump();
    return competitor;
  }

  adjust(competitor: Competitor, { prefetch, priority = 0 }: PoolConsumerOptions): void {
    competitor.channel.prefetch = prefetch;
    competitor.priority = priority;
    this.#pump();
  }

  /** Nothing more for this consumer; what it has, it may still ack. */
  stop({ channel }: Competitor): void {
    if (this.#remove(channel)) this.#stopped.add(channel);
  }

  /** All consumers lose their channels. */
  cut(reason: Error): void {
    for (const { channel } of [...this.#competitors]) channel.lose(reason);
    for (const channel of [...this.#stopped]) channel.lose(reason);
  }

  leave(channel: QueueChannel, unacked: readonly Entry[]): void {
    this.#stopped.delete(channel);
    this.#waiting.giveBack(unacked);
    this.#remove(channel);
    this.#pump();
  }

  settled(entry: Entry): void {
    this.#bytes -= sizeOf(entry.frame);
    this.#pump();
  }

  #remove(channel: QueueChannel): boolean {
    const index = this.#competitors.findIndex((competitor) => competitor.channel === channel);
    if (index < 0) return false;
    this.#competitors.splice(index, 1);
    if (this.#competitors.length === 0) this.#deserted();
    return true;
  }

  /** Delivers soon what somebody has room for. */
  #pump(): void {
    if (this.#pumping || this.#waiting.length === 0 || this.#next() < 0) return;
    this.#pumping = true;
    this.#schedule(this.#deliver);
  }

  readonly #deliver = (): void => {
    try {
      for (let next = this.#next(); next >= 0 && this.#waiting.length > 0; next = this.#next()) {
        const [competitor] = this.#competitors.splice(next, 1) as [Competitor];
        this.#competitors.push(competitor);
        competitor.channel.deliver(this.#waiting.take());
      }
    } finally {
      this.#pumping = false;
    }
  };

  /** Whose turn it is; −1 = nobody has room. */
  #next(): number {
    let next = -1;
    for (const [index, { channel, priority }] of this.#competitors.entries()) {
      if (channel.hasRoom && (next < 0 || priority > this.#competitors[next]!.priority)) next = index;
    }
    return next;
  }
}
