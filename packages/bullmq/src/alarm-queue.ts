import { type Alarm, ClosedError } from "@actor-runtime/core";
import type { Queue } from "bullmq";
import type { Cluster, Redis } from "ioredis";
import { connect, unavailable } from "./connect.js";
import { entryOf } from "./entry.js";
import { queueName } from "./names.js";
import type { Settings } from "./options.js";

/** What is in the queue at a moment. */
export interface QueueDepth {
  /** Alarms that are not due yet. */
  readonly set: number;
  /** Alarms that are due, and wait for a listener. */
  readonly due: number;
  /** Alarms that ended without ringing, as far as they are kept. */
  readonly failed: number;
  /** How long the earliest alarm has been due that nobody took note of, in ms; 0 = there is none. */
  readonly overdueMs: number;
  /** Somebody paused the queue: nothing rings until it is resumed. */
  readonly paused: boolean;
}

/** So many commands are sent together; more would keep others waiting, and take longer than a command may. */
const groupSize = 500;

/** The side of the alarms on which they are set. Connects when it is first needed, and fails at once while Redis is away. */
export class AlarmQueue {
  readonly #settings: Settings;
  #opening: Promise<{ readonly queue: Queue; readonly client: Redis | Cluster }> | undefined;
  #closed = false;

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  /** Where it fails, those before are set. */
  async set(alarms: readonly Alarm[]): Promise<void> {
    for (const group of groupsOf(alarms)) {
      await this.#use(({ queue }) => {
        const now = this.#settings.clock.now();
        return queue.addBulk(group.map((alarm) => entryOf(alarm, now)));
      });
    }
  }

  /** Passes over those that are being handed on, and those that it does not know. */
  async cancel(ids: readonly string[]): Promise<void> {
    for (const group of groupsOf(ids)) await this.#use(({ queue }) => Promise.all(group.map((id) => queue.remove(id))));
  }

  depth(): Promise<QueueDepth> {
    return this.#use(async ({ queue, client }) => {
      const [counts, paused, [, score]] = await Promise.all([
        queue.getJobCounts("delayed", "waiting", "failed"),
        queue.isPaused(),
        client.zrange(queue.keys["delayed"]!, "0", "0", "WITHSCORES"),
      ]);
      const { delayed = 0, waiting = 0, failed = 0 } = counts;
      // BullMQ keeps 12 bits below the time to have those of one ms in order.
      const dueAt = score === undefined ? Number.POSITIVE_INFINITY : Math.floor(Number(score) / 0x1000);
      const overdueMs = Math.max(0, this.#settings.clock.now() - dueAt);
      return { set: delayed, due: waiting, failed, overdueMs, paused };
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    const opened = await this.#opening?.catch(() => undefined);
    opened?.client.disconnect();
  }

  async #use<T>(command: (opened: { queue: Queue; client: Redis | Cluster }) => Promise<T>): Promise<T> {
    if (this.#closed) throw new ClosedError("the alarms were closed");
    try {
      this.#opening ??= this.#open();
      const opening = this.#opening;
      const opened = await opening.catch((error) => {
        if (this.#opening === opening) this.#opening = undefined;
        throw error;
      });
      return await command(opened);
    } catch (error) {
      throw unavailable(error);
    }
  }

  async #open() {
    const { prefix, client: newClient } = this.#settings;
    // Loaded here: it takes longer than all else that a process that sets no alarms starts with.
    const [{ Queue }, client] = await Promise.all([import("bullmq"), connect(newClient(false))]);
    const queue = new Queue(queueName, {
      connection: client,
      prefix,
      // Its version matters for commands that block, of which there are none here.
      skipVersionCheck: true,
      // Nobody listens to them.
      streams: { events: { maxLen: 100 } },
    });
    queue.on("error", () => {});
    return { queue, client };
  }
}

function* groupsOf<T>(all: readonly T[]): Generator<readonly T[]> {
  for (let first = 0; first < all.length; first += groupSize) yield all.slice(first, first + groupSize);
}
