import { Queue, Worker } from "bullmq";
import { Redis } from "ioredis";
import type { Ticked } from "./ticks.js";

const name = "ticks";
const prefix = `{${process.env.ACTOR_NAMESPACE}:raw}`;
const ranKey = `${prefix}:ran`;
/** As many as alarms are handed on at once. */
const concurrency = 256;

/** BullMQ's delayed jobs as its guide has them, at least once each: one for each tick, done when one write to Redis is. */
export class RawReminders {
  readonly #redis = newRedis();
  readonly #queue = new Queue<number>(name, { connection: this.#redis, prefix });

  async set(times: readonly number[]): Promise<void> {
    const now = Date.now();
    const opts = { attempts: 5, removeOnComplete: true };
    await this.#queue.addBulk(times.map((at) => ({ name, data: at, opts: { ...opts, delay: at - now } })));
  }

  async ticked(): Promise<readonly Ticked[]> {
    const ran = await this.#redis.lrange(ranKey, 0, -1);
    return ran.map((text) => JSON.parse(text) as Ticked);
  }

  async close(): Promise<void> {
    await this.#queue.close();
    this.#redis.disconnect();
  }
}

/** Handles ticks until it is told to end. @returns how to end it */
export async function handleTicks(): Promise<() => Promise<void>> {
  const [redis, connection] = [newRedis(), newRedis()];
  const write = async (dueAt: number) => void (await redis.rpush(ranKey, JSON.stringify([dueAt, Date.now()])));
  const worker = new Worker<number>(name, ({ data }) => write(data), { connection, prefix, concurrency });
  await worker.waitUntilReady();
  return async () => {
    await worker.close();
    for (const client of [redis, connection]) client.disconnect();
  };
}

function newRedis(): Redis {
  return new Redis(process.env.REDIS_URL!, { maxRetriesPerRequest: null });
}
