import type { RedisQueueBackend as Backend, BackendFactory } from "bullmq";
import type { Cluster, Redis } from "ioredis";

/** The two connections that a worker lives on. */
export interface WorkerClients {
  readonly commands: Redis | Cluster;
  /** For the one command that waits until something is due. */
  readonly blocking: Redis | Cluster;
}

/** How long a worker sleeps at most, in s: what it was not woken for rings so much late. BullMQ's own bound is 10. */
export const longestSleepS = 1;

/**
 * What a worker of BullMQ runs on. Left to itself it would make the second connection a copy of the first, which would not find
 * the servers that the first one finds.
 *
 * @param bullmq handed in because it is loaded late
 */
export function backendOn(
  { commands, blocking }: WorkerClients,
  prefix: string,
  { RedisConnection, RedisQueueBackend, QueueKeys }: typeof import("bullmq"),
): BackendFactory<Backend> {
  class AlarmBackend extends RedisQueueBackend {
    override get maximumBlockTimeout(): number {
      return longestSleepS;
    }
  }
  return (name, options) => {
    const keys = new QueueKeys(prefix);
    return new AlarmBackend(
      new RedisConnection(commands, { shared: true, blocking: false }),
      name,
      keys.getKeys(name),
      (type) => keys.toKey(name, type),
      options,
      new RedisConnection(blocking, { shared: true, blocking: true }),
    );
  };
}
