import type { SettingName, Settings } from "./config/settings.js";

/** What decides which broker and store a process talks to, and how. */
export const serviceSettings = [
  "namespace",
  "amqpUrl",
  "redisUrl",
  "lockRedisUrls",
  "tlsCa",
  "tlsCert",
  "tlsKey",
  "redisReplicas",
  "redisFsync",
  "maxMailboxBytes",
  "confirmTimeout",
] as const satisfies readonly SettingName[];
export type ServiceSettings = Pick<Settings, (typeof serviceSettings)[number]>;

/** Neither a broker nor a store is given: everything lives in this process, and ends with it. */
export function isEmbedded({ amqpUrl, redisUrl }: Pick<ServiceSettings, "amqpUrl" | "redisUrl">): boolean {
  return amqpUrl === undefined && redisUrl === undefined;
}
