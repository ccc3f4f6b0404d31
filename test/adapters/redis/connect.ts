import type { CommitRecord, Lease, Logger } from "@actor-runtime/core";
import { RecordingTelemetry, SystemClock, SystemRandom } from "@actor-runtime/embedded";
import { RedisServices, type RedisServicesOptions } from "@actor-runtime/redis";
import { Redis } from "ioredis";
import { granted } from "../../contracts/leases.contract.js";
import { someCommit, unique } from "../../contracts/samples.js";
import { services as shared } from "../../services/services.js";

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
  const { namespace = unique("test"), urls = (await shared()).redisUrl } = options;
  const services = await RedisServices.connect({
    clock,
    random: new SystemRandom(),
    telemetry,
    log,
    ...options,
    urls,
    namespace,
  });
  const { store, leases, locks, membership } = services;
  return { services, namespace, store, leases, locks, membership, telemetry, lines };
}

/** Deletes every key of some namespaces from the Redis that all tests share: in one pass, which takes a while. */
export async function deleteNamespaces(namespaces: ReadonlySet<string>): Promise<void> {
  const redis = new Redis((await shared()).redisUrl);
  try {
    for await (const page of redis.scanStream({ count: 1_000 })) {
      const keys = (page as string[]).filter((key) => namespaces.has(/^\{?([^:}]*)/.exec(key)![1]!));
      if (keys.length > 0) await redis.unlink(...keys);
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
