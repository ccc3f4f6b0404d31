import { type Broker, ConfigError, type Store, StoreUnavailableError } from "@actor-runtime/core";
import type { RedisServices } from "@actor-runtime/redis";
import { consoleLog, StoredCluster } from "@actor-runtime/runtime";
import { newWorkerId } from "../compose.js";
import { connectRabbit, connectRedis, surroundingsOf } from "../connected.js";
import { type Check, failed, type Surroundings } from "./check.js";
import { clusterChecks } from "./cluster.js";

/** Before these, RabbitMQ may lose a publication that it never confirmed nor refused, or swap deliveries of a queue. */
const mendedRabbit = "4.1.5";
const tolerableSkewMs = 1_000;

/** Connects as `start` would, and says what each service is, what it lacks, and whether the two belong together. */
export async function checkConnected(settings: Surroundings): Promise<Check[]> {
  const surroundings = surroundingsOf({ log: consoleLog, connectionName: newWorkerId() });
  const opened: { close(): Promise<void> }[] = [];
  let broker: Broker | undefined;
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
    const { servers, clockAheadMs } = await services.describe();
    return redisCheck(servers, clockAheadMs);
  });
  const checks = [...rabbitmq, ...redis];
  if (broker && stored) {
    checks.push(...(await attempt("pair", () => pairCheck(broker!, stored!.store, settings.namespace))));
  }
  if (stored) {
    const cluster = new StoredCluster(stored);
    checks.push(...(await attempt("workers", async () => clusterChecks(await cluster.describe()))));
  }
  await Promise.all(opened.map((service) => service.close()));
  return checks;
}

/** @param version for example `4.1.5` */
export function rabbitCheck(version: string): Check {
  const name = "rabbitmq";
  if (isBefore(version, "3.10.0")) {
    return { name, status: "fail", finding: `RabbitMQ ${version} is too old`, fix: "install 3.10 or newer" };
  }
  if (isBefore(version, mendedRabbit)) {
    const finding = `RabbitMQ ${version} works; known faults of quorum queues are mended in ${mendedRabbit}`;
    return { name, status: "warn", finding, fix: `upgrade to ${mendedRabbit} or newer` };
  }
  return { name, status: "ok", finding: `RabbitMQ ${version}` };
}

interface RedisServer {
  readonly version: string;
  readonly maxMemoryBytes: number;
  readonly aof: boolean;
}

/** That a server evicts is found by connecting already. */
export function redisCheck(servers: readonly RedisServer[], clockAheadMs: number): Check {
  const name = "redis";
  const versions = [...new Set(servers.map(({ version }) => version))].join(", ");
  if (servers.some(({ aof }) => !aof)) {
    const finding = `Redis ${versions} keeps no file of every write: a restart loses commits`;
    return { name, status: "warn", finding, fix: 'set "appendonly yes"' };
  }
  if (servers.some(({ maxMemoryBytes }) => maxMemoryBytes === 0)) {
    const finding = `Redis ${versions} has no maxmemory: when the machine's memory is full the kernel ends it`;
    return { name, status: "warn", finding, fix: 'set "maxmemory" below it, with "maxmemory-policy noeviction"' };
  }
  if (Math.abs(clockAheadMs) > tolerableSkewMs) {
    const finding = `its clock is ${Math.round(clockAheadMs)} ms ahead of this machine's`;
    return { name, status: "warn", finding, fix: "synchronise both clocks (NTP)" };
  }
  return { name, status: "ok", finding: `Redis ${versions}, append-only file, noeviction` };
}

async function pairCheck(broker: Broker, store: Store, namespace: string): Promise<Check> {
  const { storeId, generation } = await store.namespace();
  await broker.tie(storeId);
  const finding = `namespace "${namespace}": broker and store belong together (generation ${generation})`;
  return { name: "pair", status: "ok", finding };
}

async function attempt(name: string, check: () => Promise<Check | Check[]>): Promise<Check[]> {
  try {
    return [await check()].flat();
  } catch (error) {
    if (error instanceof ConfigError || error instanceof StoreUnavailableError) return [failed(name, error)];
    throw error;
  }
}

function isBefore(version: string, other: string): boolean {
  const theirs = version.split(".").map(Number);
  const ours = other.split(".").map(Number);
  for (const [index, part] of ours.entries()) {
    const difference = (theirs[index] ?? 0) - part;
    if (difference !== 0) return difference < 0;
  }
  return false;
}
