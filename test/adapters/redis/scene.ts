import { setTimeout as sleep } from "node:timers/promises";
import { StoreUnavailableError } from "@actor-runtime/core";
import { afterEach } from "vitest";
import { TcpProxy } from "../../services/tcp-proxy.js";
import { RedisServer } from "./redis-server.js";

const tasks: (() => unknown)[] = [];

afterEach(async () => {
  for (const task of tasks.splice(0).toReversed()) await task();
});

/** Runs the task when the test that is running has ended, last come, first served. */
export function afterTest(task: () => unknown): void {
  tasks.push(task);
}

/** A Redis of the test's own, gone when it ends. */
export async function server(settings: Readonly<Record<string, string>> = {}): Promise<RedisServer> {
  const redis = await RedisServer.start(settings);
  afterTest(() => redis.remove());
  return redis;
}

/** A path to it on which the network can be made to fail. */
export async function proxyTo(redis: RedisServer): Promise<TcpProxy> {
  const proxy = await TcpProxy.to(redis.url);
  afterTest(() => proxy.close());
  return proxy;
}

/** As the runtime does: the same call until the outcome is known. */
export async function untilKnown<T>(call: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof StoreUnavailableError)) throw error;
      await sleep(5);
    }
  }
}
