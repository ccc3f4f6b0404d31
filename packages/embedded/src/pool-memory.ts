import { type Frame, type PoolQueue, type PublishOutcome, parsePoolQueue } from "@actor-runtime/core";
import { CompetingQueue } from "./competing-queue.js";
import type { Schedule } from "./schedule.js";

/** The queues of stateless types that all brokers of a world share. */
export class PoolMemory {
  readonly #maxBytes: number;
  readonly #schedule: Schedule;
  readonly #queues = new Map<PoolQueue, CompetingQueue>();

  /** @param maxBytes the most bytes of bodies in each queue */
  constructor(maxBytes: number, schedule: Schedule) {
    this.#maxBytes = maxBytes;
    this.#schedule = schedule;
  }

  send(to: PoolQueue, frame: Frame): PublishOutcome {
    return this.#queues.get(to)?.push(frame) ?? "unroutable";
  }

  declare(name: PoolQueue): CompetingQueue {
    let queue = this.#queues.get(name);
    if (queue === undefined) {
      const isShared = parsePoolQueue(name).worker === undefined;
      // What is in the queue of one worker is lost with it.
      queue = new CompetingQueue(this.#maxBytes, this.#schedule, () => isShared || this.#queues.delete(name));
      this.#queues.set(name, queue);
    }
    return queue;
  }

  cut(reason: Error, name?: string): void {
    for (const [other, queue] of [...this.#queues]) if (name === undefined || name === other) queue.cut(reason);
  }

  /** Queues with frames that wait or are not acked. */
  backlog(): PoolQueue[] {
    return Array.from(this.#queues, ([name, { depth }]) => (depth > 0 ? [name] : [])).flat();
  }
}
