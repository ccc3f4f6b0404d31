import type { SettingName, Settings } from "./config/settings.js";

/** What decides which broker and store a process talks to, and how. */
export const serviceSettings = [
  "namespace",
  "amqpUrl",
  "redisUrl",
  "tlsCa",
  "tlsCert",
  "tlsKey",
  "redisReplicas",
  "redisFsync",
  "maxMailboxBytes",
  "confirmTimeout",
] as const satisfies readonly SettingName[];
export type ServiceSettings = Pick<Settings, (typeof serviceSettings)[number]> &
  Partial<Pick<Settings, (typeof lockSettings)[number]>>;

/** What further decides where locks live: only of those who take locks or look at them, so that nobody else depends on it. */
export const lockSettings = ["lockRedisUrls"] as const satisfies readonly SettingName[];

/** Neither a broker nor a store is given: everything lives in this process, and ends with it. */
export function isEmbedded({ amqpUrl, redisUrl }: Pick<ServiceSettings, "amqpUrl" | "redisUrl">): boolean {
  return amqpUrl === undefined && redisUrl === undefined;
}
