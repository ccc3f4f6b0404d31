import { afterEach } from "vitest";
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
