import { ConfigError, type Store, StoreUnavailableError } from "@actor-runtime/core";
import type { RabbitBroker } from "@actor-runtime/rabbitmq";
import type { RedisServices } from "@actor-runtime/redis";
import { consoleLog, type ReminderReport, StoredCluster, StoredReminders } from "@actor-runtime/runtime";
import { newWorkerId } from "../compose.js";
import { alarmsOn, connectLocks, connectRabbit, connectRedis, surroundingsOf } from "../connected.js";
import { alarmsCheck } from "./alarms.js";
import { type Check, failed, type Surroundings } from "./check.js";
import { clusterChecks } from "./cluster.js";
import { lockServerChecks } from "./lock-servers.js";
import { queuesCheck, rabbitCheck } from "./rabbitmq.js";
import { channelCheck, clockCheck, redisCheck } from "./redis.js";
import { mostOverdue, overdueAfterMs, reminderChecks } from "./reminders.js";

/** Connects as `start` would, and says what each service is, what it lacks, and whether the two belong together. */
export async function checkConnected(settings: Surroundings): Promise<Check[]> {
  const surroundings = surroundingsOf({ log: consoleLog, connectionName: newWorkerId() });
  const opened: { close(): unknown }[] = [];
  let broker: RabbitBroker | undefined;
  let stored: RedisServices | undefined;
  const rabbitmq = await attempt("rabbitmq", async () => {
    const rabbit = await connectRabbit(settings, surroundings);
    opened.push(rabbit);
    broker = rabbit;
    return rabbitCheck(String(rabbit.serverProperties.version));
  });
  const redis = await attempt("redis", async () => {
    const services = await connectRedis(settings, surroundings);
    opened.push(services);
    stored = services;
    const { servers, clockAheadMs, channel, channelRefusal } = await services.describe();
    return [redisCheck(servers), clockCheck(clockAheadMs), channelCheck(channel, channelRefusal)];
  });
  const locks = settings.lockRedisUrls
    ? await attempt("locks", async () => {
        const quorum = await connectLocks(settings, surroundings);
        opened.push(quorum);
        return lockServerChecks(await quorum.describe());
      })
    : [];
  const checks = [...rabbitmq, ...redis, ...locks];
  if (broker && stored) {
    checks.push(...(await attempt("pair", () => pairCheck(broker!, stored!.store, settings.namespace))));
    checks.push(...(await attempt("queues", () => queuesCheck(broker!, stored!.store))));
  }
  if (stored) {
    const cluster = new StoredCluster(stored);
    checks.push(...(await attempt("workers", async () => clusterChecks(await cluster.describe()))));
    checks.push(...(await attempt("reminders", () => checkReminders(stored!.store))));
    const alarms = alarmsOn(stored, settings, surroundings);
    opened.push(alarms);
    checks.push(...(await attempt("alarms", async () => alarmsCheck(await alarms.depth()))));
  }
  await Promise.all(opened.map((service) => service.close()));
  return checks;
}

async function pairCheck(broker: RabbitBroker, store: Store, namespace: string): Promise<Check> {
  const { storeId, generation } = await store.namespace();
  await broker.tie(storeId);
  const finding = `namespace "${namespace}": broker and store belong together (generation ${generation})`;
  return { name: "pair", status: "ok", finding };
}

async function checkReminders(store: Store): Promise<Check[]> {
  const now = await store.time();
  const overdue: ReminderReport[] = [];
  const filter = { dueBefore: now - overdueAfterMs, limit: mostOverdue };
  for await (const reminder of new StoredReminders(store).list(filter, now)) overdue.push(reminder);
  return reminderChecks(overdue, (await store.namespace()).paused);
}

async function attempt(name: string, check: () => Promise<Check | Check[]>): Promise<Check[]> {
  try {
    return [await check()].flat();
  } catch (error) {
    if (error instanceof ConfigError || error instanceof StoreUnavailableError) return [failed(name, error)];
    throw error;
  }
}
