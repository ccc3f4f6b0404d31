import { isIP } from "node:net";
import { retryDelayMs } from "@actor-runtime/core";
import { Cluster, Redis, type RedisOptions } from "ioredis";
import type { Endpoint, Settings } from "./options.js";
import { replyCode } from "./store-error.js";

/** How long to wait before connecting again. */
const backoff = { firstMs: 50, maxMs: 1_000 };

/**
 * To the first of the endpoints that answers as long as it does; then to the next.
 *
 * @param endpoints asked anew for every attempt, and never empty
 */
export function redisClient(settings: Settings, endpoints: () => readonly Endpoint[]): Redis {
  let current = 0;
  const redis: Redis = new Redis({
    ...profile(settings),
    ...address(settings, endpoints()[0]!),
    retryStrategy: (failures: number) => {
      current += 1;
      const known = endpoints();
      Object.assign(redis.options, address(settings, known[current % known.length]!));
      return retryDelayMs(failures, backoff, settings.random.next());
    },
  });
  return redis;
}

export function clusterClient(settings: Settings): Cluster {
  return new Cluster([...settings.endpoints], {
    enableOfflineQueue: false,
    lazyConnect: true,
    redisOptions: { ...profile(settings), ...(settings.tls === undefined ? {} : { tls: settings.tls }) },
    slotsRefreshTimeout: settings.connectTimeoutMs,
    clusterRetryStrategy: (failures) => retryDelayMs(failures, backoff, settings.random.next()),
  });
}

/** One that does not connect again when it is lost. */
export function probeClient(settings: Settings, endpoint: Endpoint): Redis {
  return new Redis({ ...profile(settings), ...address(settings, endpoint), retryStrategy: () => null });
}

function address({ tls }: Settings, { host, port }: Endpoint) {
  if (tls === undefined) return { host, port };
  // Node sends the name by itself for HTTPS only, and it must not be an IP address.
  return { host, port, tls: isIP(host) === 0 ? { servername: host, ...tls } : tls };
}

function profile(settings: Settings) {
  const { username, password, db, commandTimeoutMs } = settings;
  return {
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    db,
    protocol: 2 as const,
    connectionName: settings.connectionName,
    connectTimeout: settings.connectTimeoutMs,
    commandTimeout: commandTimeoutMs,
    // A socket that is silent for as long is dead, whatever TCP thinks.
    socketTimeout: commandTimeoutMs,
    keepAlive: 5_000,
    enableOfflineQueue: false,
    lazyConnect: true,
    autoResendUnfulfilledCommands: false,
    // Whoever subscribes does so at each connection: nobody would catch the failure of what ioredis does by itself.
    autoResubscribe: false,
    maxRetriesPerRequest: 0,
    // A demoted master goes on answering: only a new connection finds the new one.
    reconnectOnError: (error: Error) => replyCode(error) === "READONLY",
  } satisfies RedisOptions;
}
