import { Redis } from "ioredis";
import { connectRaw } from "./raw-broker.js";

let runs = 0;

/**
 * Runs a round in a namespace of its own on the services of `AMQP_URL` and `REDIS_URL`, and removes its keys and queues
 * afterwards.
 */
export async function inNamespace<T>(round: (env: NodeJS.ProcessEnv) => Promise<T>): Promise<T> {
  const namespace = `bench-${process.pid}-${++runs}`;
  try {
    return await round({ ACTOR_NAMESPACE: namespace });
  } finally {
    await removeQueues(namespace);
    await removeKeys(namespace);
  }
}

/** The mailboxes by name and number of partitions. */
const mailboxes = [
  ["$system", 16],
  ["BenchAccount", 16],
  ["BenchReminded", 16],
  ["BenchTally", 16],
  ["BenchWideTallyA", 800],
  ["BenchWideTallyB", 800],
] as const;

/** Stateless types. Their workers' own queues end with them. */
const pools = ["BenchEven", "BenchUneven"] as const;

async function removeQueues(namespace: string): Promise<void> {
  const connection = await connectRaw();
  const channel = await connection.createChannel();
  for (const [mailbox, partitions] of mailboxes) {
    // Deleting a queue that is not there is no error.
    for (let index = 0; index < partitions; index++) {
      await channel.deleteQueue(`actor.${namespace}.${mailbox}.g1.${String(index).padStart(2, "0")}`);
    }
  }
  for (const type of pools) await channel.deleteQueue(`actor.${namespace}.pool.${type}`);
  await connection.close();
}

async function removeKeys(namespace: string): Promise<void> {
  const redis = new Redis(process.env.REDIS_URL!);
  for await (const keys of redis.scanStream({ match: `{${namespace}:*`, count: 10_000 })) {
    if ((keys as string[]).length > 0) await redis.unlink(...(keys as string[]));
  }
  redis.disconnect();
}
