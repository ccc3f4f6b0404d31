import { setTimeout as sleep } from "node:timers/promises";
import type { LocalSystem } from "@actor-runtime/runtime";
import { connect } from "amqplib";
import { Redis } from "ioredis";
import type { Member } from "../chaos/join.js";

/** Leases of the dead have ended after this time, in ms, and lock actors have looked once more and found nobody. */
const settleMs = 5_000;
const pollMs = 100;

/** What a partition keeps for later: states, delayed messages, parked ones, and those on their way to the broker. */
const keptForLater = /\}:(states|rem|park:.*|out:.*)$/;

/**
 * What is left of locks when nobody holds or wants one, in words. One key may stay: the fence below which none is given any
 * more.
 */
export async function leftovers(member: Member, system: LocalSystem): Promise<string[]> {
  const until = performance.now() + settleMs;
  for (;;) {
    const left = [...(await keysLeft(member)), ...(await statesLeft(system)), ...(await messagesLeft(member, system))];
    if (left.length === 0 || performance.now() > until) return left;
    await sleep(pollMs);
  }
}

async function keysLeft({ redisUrl, namespace }: Member): Promise<string[]> {
  const redis = new Redis(redisUrl);
  const left: string[] = [];
  for await (const keys of redis.scanStream({ match: `{${namespace}:*`, count: 10_000 })) {
    left.push(...(keys as string[]));
  }
  redis.disconnect();
  const locks = `{${namespace}:locks}:`;
  return left
    .filter((key) => (key.startsWith(locks) ? key !== `${locks}floor` : keptForLater.test(key)))
    .map((key) => `${key}: the key is left`);
}

async function statesLeft(system: LocalSystem): Promise<string[]> {
  const wrong: string[] = [];
  for await (const { address } of system.actors.list("$Lock")) wrong.push(`${address}: its state is left`);
  return wrong;
}

async function messagesLeft({ amqpUrl, namespace }: Member, system: LocalSystem): Promise<string[]> {
  const { mailboxes } = await system.cluster.describe();
  const partitions = mailboxes.find(({ mailbox }) => mailbox.name === "$system")!.mailbox.partitions;
  const connection = await connect(amqpUrl);
  const channel = await connection.createChannel();
  const wrong: string[] = [];
  for (let index = 0; index < partitions; index++) {
    const name = `actor.${namespace}.$system.g1.${String(index).padStart(2, "0")}`;
    const { messageCount } = await channel.checkQueue(name);
    if (messageCount > 0) wrong.push(`${name}: ${messageCount} messages are left`);
  }
  await connection.close();
  return wrong;
}
