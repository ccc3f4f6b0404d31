import type { CommitRecord, Lease, Logger } from "@actor-runtime/core";
import { RecordingTelemetry, SystemClock, SystemRandom } from "@actor-runtime/embedded";
import { RedisServices, type RedisServicesOptions } from "@actor-runtime/redis";
import { Redis } from "ioredis";
import { inject } from "vitest";
import { granted } from "../../contracts/leases.contract.js";
import { someCommit, unique } from "../../contracts/samples.js";

/** The Redis that all tests share. */
export function sharedRedisUrl(): string {
  const url = process.env.REDIS_URL ?? (inject as (key: string) => string | undefined)("redisUrl");
  if (!url) throw new Error("no Redis: set REDIS_URL, for example redis://127.0.0.1:6379");
  return url;
}

export const clock = new SystemClock();

export interface Line {
  readonly level: string;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly line: string;
}

/** One process's connection, in a namespace of its own unless told otherwise, and what it logs and counts. */
export async function connected(options: Partial<RedisServicesOptions> = {}) {
  const telemetry = new RecordingTelemetry();
  const lines: Line[] = [];
  const to = (level: string) => (fields: Readonly<Record<string, unknown>>, line: string) => {
    lines.push({ level, fields, line });
  };
  const log: Logger = { debug: to("debug"), info: to("info"), warn: to("warn"), error: to("error") };
  const { namespace = unique("test"), urls = sharedRedisUrl() } = options;
  const services = await RedisServices.connect({
    clock,
    random: new SystemRandom(),
    telemetry,
    log,
    ...options,
    urls,
    namespace,
  });
  const { store, leases, membership } = services;
  return { services, namespace, store, leases, membership, telemetry, lines };
}

/** Deletes every key of a namespace. */
export async function deleteNamespace(namespace: string, url = sharedRedisUrl()): Promise<void> {
  const redis = new Redis(url);
  try {
    for await (const keys of redis.scanStream({ match: `*${namespace}*`, count: 1_000 })) {
      if (keys.length > 0) await redis.unlink(...(keys as string[]));
    }
  } finally {
    redis.disconnect();
  }
}

/** A partition with an owner that commits one number after the other. */
export async function owner(
  services: Pick<RedisServices, "store" | "leases">,
  partition = "Account:g1:00",
  ttlMs = 600_000,
) {
  const lease: Lease = granted(await services.leases.acquire(partition, "worker", ttlMs));
  const commit = (
    seq: number,
    writes: Partial<CommitRecord> = { states: [{ address: "Account/a", state: `${seq}` }] },
  ) => services.store.commit(partition, someCommit(lease, seq, writes));
  return { partition, lease, commit };
}
