import { once } from "node:events";
import type { ConsumeMessage } from "amqplib";
import { Redis } from "ioredis";
import { connectRaw, rawQueue, rawQueues } from "./raw-broker.js";

/**
 * Consumes and acks the messages of `raw-tell-process`. argv: how many queues, how many messages; `redis`: each message first
 * adds to its actor's state by a Lua call that knows the message ids it has seen.
 */
const [queues, messages] = process.argv.slice(2, 4).map(Number) as [number, number];
const redis = process.argv[4] === "redis" ? (new Redis(process.env.REDIS_URL!) as Redis & Careful) : undefined;
const script = `
if redis.call("set", KEYS[2], 1, "NX", "EX", 3600) then redis.call("hincrby", KEYS[1], "count", 1) end
return 1`;
redis?.defineCommand("applyOnce", { numberOfKeys: 2, lua: script });
const prefix = `{${process.env.ACTOR_NAMESPACE}:raw}`;

const connection = await connectRaw();
let left = messages;
for (const queue of rawQueues(queues)) {
  const channel = await connection.createChannel();
  await channel.assertQueue(queue, rawQueue);
  await channel.prefetch(1_000);
  const settle = (message: ConsumeMessage) => {
    channel.ack(message);
    if (--left === 0) process.send?.("done");
  };
  await channel.consume(queue, (message) => {
    if (!message) return;
    if (redis) void apply(redis, message).then(() => settle(message));
    else settle(message);
  });
}
process.send?.("ready");
await once(process, "disconnect");
await connection.close();
redis?.disconnect();

function apply(store: Careful, { content, properties }: ConsumeMessage): Promise<number> {
  const { to } = JSON.parse(content.toString()) as { to: string };
  return store.applyOnce(`${prefix}:${to}`, `${prefix}:seen:${properties.messageId}`);
}

interface Careful {
  applyOnce(state: string, seen: string): Promise<number>;
}
