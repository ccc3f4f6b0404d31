import type { Settings } from "../config/settings.js";

/** What `start` and `dev` can be told. */
export const workerSettings = [
  "namespace",
  "amqpUrl",
  "redisUrl",
  "workerId",
  "host",
  "port",
  "token",
  "only",
  "except",
  "drainTimeout",
  "readyFile",
  "logLevel",
  "logFormat",
  "watchdog",
  "checkQueries",
  "decorators",
] as const;
export type WorkerSettings = Pick<Settings, (typeof workerSettings)[number]>;
