import { setTimeout as sleep } from "node:timers/promises";
import type { LocalSystem } from "@actor-runtime/runtime";
import { Redis } from "ioredis";
import type { Member } from "../chaos/join.js";

const pollMs = 50;
/** What partitions keep of transactions, of messages that wait for them, and of messages on their way to the broker. */
const keptForLater = /\}:(holds|park:.*|out:.*)$/;

/** What is still held, parked, in doubt or on its way so many ms from now, in words; it looks until there is nothing. */
export async function leftovers(member: Member, system: LocalSystem, withinMs: number): Promise<string[]> {
  const until = performance.now() + withinMs;
  const redis = new Redis(member.redisUrl);
  try {
    for (;;) {
      const left = [...(await keysLeft(redis, member.namespace)), ...(await transactionsLeft(system))];
      if (left.length === 0 || performance.now() > until) return left;
      await sleep(pollMs);
    }
  } finally {
    redis.disconnect();
  }
}

/** Coordinators that remember something, by address. */
export async function coordinators(system: LocalSystem): Promise<string[]> {
  const found: string[] = [];
  for await (const { address } of system.actors.list("$Transaction")) found.push(address);
  return found;
}

async function keysLeft(redis: Redis, namespace: string): Promise<string[]> {
  const left: string[] = [];
  for await (const keys of redis.scanStream({ match: `{${namespace}:*`, count: 10_000 })) {
    left.push(...(keys as string[]).filter((key) => keptForLater.test(key)).map((key) => `${key}: the key is left`));
  }
  return left;
}

/** What coordinators still remember of others, that somebody was told of or has not acknowledged, holds nothing. */
async function transactionsLeft(system: LocalSystem): Promise<string[]> {
  const listed = await system.transactions.list();
  return listed
    .filter(({ phase, held }) => phase === "running" || held.length > 0)
    .map(({ id, phase, held }) => `${id}: ${phase}, and holds ${held.map(({ address }) => address).join(", ")}`);
}
