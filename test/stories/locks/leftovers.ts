import type { LocalSystem } from "@actor-runtime/runtime";
import { connect } from "amqplib";
import { Redis } from "ioredis";
import type { Member } from "../chaos/join.js";

/**
 * What is left of locks when nobody holds or wants one, in words. One key may stay: the fence below which none is ever given
 * again.
 */
export async function leftovers({ amqpUrl, redisUrl, namespace }: Member, system: LocalSystem): Promise<string[]> {
  return [
    ...(await keysLeft(redisUrl, namespace)),
    ...(await statesLeft(system)),
    ...(await messagesLeft(amqpUrl, system, namespace)),
  ];
}

async function keysLeft(redisUrl: string, namespace: string): Promise<string[]> {
  const redis = new Redis(redisUrl);
  const tag = `{${namespace}:locks}:`;
  const wrong: string[] = [];
  for await (const keys of redis.scanStream({ match: `${tag}*`, count: 10_000 })) {
    for (const key of keys as string[]) if (key !== `${tag}floor`) wrong.push(`${key}: the key is left`);
  }
  redis.disconnect();
  return wrong;
}

async function statesLeft(system: LocalSystem): Promise<string[]> {
  const wrong: string[] = [];
  for await (const { address } of system.actors.list("$Lock")) wrong.push(`${address}: its state is left`);
  return wrong;
}

async function messagesLeft(amqpUrl: string, system: LocalSystem, namespace: string): Promise<string[]> {
  const { mailboxes } = await system.cluster.describe();
  const partitions = mailboxes.find(({ mailbox }) => mailbox.name === "$system")?.mailbox.partitions ?? 0;
  const connection = await connect(amqpUrl);
  const channel = await connection.createChannel();
  const wrong: string[] = [];
  for (let index = 0; index < partitions; index++) {
    const { queue, messageCount } = await channel.checkQueue(
      `actor.${namespace}.$system.g1.${String(index).padStart(2, "0")}`,
    );
    if (messageCount > 0) wrong.push(`${queue}: ${messageCount} messages are left`);
  }
  await connection.close();
  return wrong;
}
