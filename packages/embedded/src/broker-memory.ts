import {
  ConfigError,
  type Destination,
  type Frame,
  isPoolQueue,
  type PartitionId,
  type PoolQueue,
  type PublishOutcome,
  type ReplyListener,
} from "@actor-runtime/core";
import type { Link } from "./link.js";
import { PartitionQueue } from "./partition-queue.js";
import { PoolMemory } from "./pool-memory.js";
import type { Schedule } from "./schedule.js";

/** Dead letters of one type as they were published, oldest first. */
interface DeadLetterQueue {
  readonly bodies: Uint8Array[];
  bytes: number;
}

/** Where the answers to one process go. */
interface ReplyQueue {
  readonly link: Link;
  readonly listener: ReplyListener;
}

const deadPrefix = "dead:";

/** What all brokers of a world share: the queues, the dead letters and where replies go. */
export class BrokerMemory {
  readonly pools: PoolMemory;
  readonly #maxBytes: number;
  readonly #schedule: Schedule;
  readonly #queues = new Map<PartitionId, PartitionQueue>();
  readonly #dead = new Map<string, DeadLetterQueue>();
  readonly #replies = new Map<string, ReplyQueue>();
  readonly #refusing = new Set<Destination | PoolQueue>();
  #confirmsToLose = 0;
  #storeId: string | undefined;

  /** @param maxBytes the most bytes of bodies in each queue, and in the dead letters of each type */
  constructor(maxBytes: number, schedule: Schedule) {
    this.#maxBytes = maxBytes;
    this.#schedule = schedule;
    this.pools = new PoolMemory(maxBytes, schedule);
  }

  publish(to: Destination | PoolQueue, frame: Frame): PublishOutcome {
    if (this.#refusing.size > 0 && this.#refusing.has(to)) return "refused";
    const outcome = this.#take(to, frame);
    if (this.#confirmsToLose === 0) return outcome;
    this.#confirmsToLose -= 1;
    return "lost";
  }

  declare(partition: PartitionId): PartitionQueue {
    let queue = this.#queues.get(partition);
    if (queue === undefined) {
      queue = new PartitionQueue(this.#maxBytes, this.#schedule);
      this.#queues.set(partition, queue);
    }
    return queue;
  }

  /** A copy, oldest first. */
  deadLetters(type: string): Uint8Array[] {
    return [...(this.#dead.get(type)?.bodies ?? [])];
  }

  /** `take` gives back what is left of a body; `undefined` removes it. */
  async takeDeadLetters(type: string, take: (body: Uint8Array) => Promise<Uint8Array | undefined>): Promise<void> {
    const dead = this.#dead.get(type);
    for (const body of this.deadLetters(type)) {
      const left = await take(body);
      const index = dead!.bodies.indexOf(body);
      // Somebody else took it meanwhile.
      if (left === body || index < 0) continue;
      dead!.bodies.splice(index, 1, ...(left ? [left] : []));
      dead!.bytes += (left?.byteLength ?? 0) - body.byteLength;
    }
  }

  tie(storeId: string, adopt: boolean): void {
    if (this.#storeId !== undefined && this.#storeId !== storeId && !adopt) {
      throw new ConfigError(
        `the broker belongs to store ${this.#storeId}, not to ${storeId}: connect it to its own store, ` +
          "or take it over with `actor-runtime store adopt`",
      );
    }
    this.#storeId = storeId;
  }

  /** Opens the reply queue, or makes it anew: answers still under way to the old one are gone. */
  openReplies(address: string, link: Link, listener: ReplyListener): void {
    this.#replies.set(address, { link, listener });
  }

  /** As `openReplies`, and tells the listener. */
  reopenReplies(address: string, link: Link, listener: ReplyListener): void {
    this.openReplies(address, link, listener);
    link.observe(() => listener.reopened());
  }

  closeReplies(address: string): void {
    this.#replies.delete(address);
  }

  /** Answers to an unknown address are dropped: its caller is gone. */
  reply(to: string, body: Uint8Array): void {
    const queue = this.#replies.get(to);
    if (queue === undefined) return;
    queue.link.notify(() => {
      if (this.#replies.get(to) === queue) queue.listener.receive(body);
    });
  }

  cutChannels(of?: PartitionId | PoolQueue): void {
    const reason = new Error("the channel was cut");
    for (const [partition, queue] of this.#queues) if (of === undefined || of === partition) queue.cut(reason);
    this.pools.cut(reason, of);
  }

  loseConfirms(count: number): void {
    this.#confirmsToLose = count;
  }

  /** Partitions and pools with frames that wait or are not acked. */
  backlog(): (PartitionId | PoolQueue)[] {
    const partitions = Array.from(this.#queues, ([partition, { depth }]) => (depth > 0 ? [partition] : [])).flat();
    return [...partitions, ...this.pools.backlog()];
  }

  refuse(destination: Destination | PoolQueue, on: boolean): void {
    if (on) this.#refusing.add(destination);
    else this.#refusing.delete(destination);
  }

  #take(to: Destination | PoolQueue, frame: Frame): PublishOutcome {
    if (to.startsWith(deadPrefix)) return this.#bury(to.slice(deadPrefix.length), frame.body);
    if (isPoolQueue(to)) return this.pools.send(to, frame);
    return this.#queues.get(to)?.push(frame) ?? "unroutable";
  }

  #bury(type: string, body: Uint8Array): PublishOutcome {
    let dead = this.#dead.get(type);
    if (dead === undefined) {
      dead = { bodies: [], bytes: 0 };
      this.#dead.set(type, dead);
    }
    if (dead.bytes + body.byteLength > this.#maxBytes) return "refused";
    dead.bytes += body.byteLength;
    dead.bodies.push(body);
    return "confirmed";
  }
}
