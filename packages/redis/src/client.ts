import { isIP } from "node:net";
import { retryDelayMs } from "@actor-runtime/core";
import { Cluster, Redis, type RedisOptions } from "ioredis";
import type { Endpoint, Settings } from "./options.js";
import { replyCode } from "./store-error.js";

/** How long to wait before connecting again. */
const backoff = { firstMs: 50, maxMs: 1_000 };

/** For commands that wait: for the server while it is away, and for what they ask it for. */
const patient = {
  enableOfflineQueue: true,
  maxRetriesPerRequest: null,
  autoResendUnfulfilledCommands: true,
} satisfies RedisOptions;
/** A command that waits for something is answered within this time. */
const longestSilenceMs = 15_000;

/**
 * To the first of the endpoints that answers as long as it does; then to the next.
 *
 * @param endpoints asked anew for every attempt, and never empty
 * @param waits whether its commands wait for the server while it is away; otherwise they fail at once
 */
export function redisClient(settings: Settings, endpoints: () => readonly Endpoint[], waits = false): Redis {
  let current = 0;
  const redis: Redis = new Redis({
    ...profile(settings, waits),
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

/** @param waits as for `redisClient` */
export function clusterClient(settings: Settings, waits = false): Cluster {
  return new Cluster([...settings.endpoints], {
    enableOfflineQueue: waits,
    lazyConnect: true,
    redisOptions: { ...profile(settings, waits), ...(settings.tls === undefined ? {} : { tls: settings.tls }) },
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

function profile(settings: Settings, waits = false) {
  const { username, password, db, commandTimeoutMs } = settings;
  return {
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    db,
    protocol: 2 as const,
    connectionName: settings.connectionName,
    connectTimeout: settings.connectTimeoutMs,
    ...(waits ? {} : { commandTimeout: commandTimeoutMs }),
    // A socket that leaves a command unanswered for as long is dead, whatever TCP thinks.
    socketTimeout: waits ? longestSilenceMs : commandTimeoutMs,
    keepAlive: 5_000,
    enableOfflineQueue: false,
    lazyConnect: true,
    autoResendUnfulfilledCommands: false,
    // Whoever subscribes does so at each connection: nobody would catch the failure of what ioredis does by itself.
    autoResubscribe: false,
    maxRetriesPerRequest: 0,
    reconnectOnError: leavesReplica(settings),
    ...(waits ? patient : {}),
  } satisfies RedisOptions;
}

/** A demoted master goes on answering: only a new connection finds the new one. */
function leavesReplica({ clock }: Settings): (error: Error) => boolean {
  let leftAt = Number.NEGATIVE_INFINITY;
  return (error) => {
    // It refuses every command that was sent together, and each would end the connection once more.
    if (replyCode(error) !== "READONLY" || clock.monotonic() - leftAt < 100) return false;
    leftAt = clock.monotonic();
    return true;
  };
}
