import { BullmqAlarms } from "@actor-runtime/bullmq";
import { type Clock, type Logger, type Random, StoreUnavailableError, type Telemetry } from "@actor-runtime/core";
import { SilentTelemetry, SystemClock, SystemRandom } from "@actor-runtime/embedded";
import { RabbitBroker } from "@actor-runtime/rabbitmq";
import { QuorumLocks, RedisServices } from "@actor-runtime/redis";
import type { ComposeOptions, Composition } from "./composition.js";
import type { ServiceSettings } from "./services.js";
import { readTls } from "./tls.js";

/** How long commits may wait for the copies that `redisReplicas` and `redisFsync` ask for, before they are repeated. */
const barrierTimeoutMs = 1_000;

/** What both adapters are given. */
export interface Surroundings {
  readonly clock: Clock;
  readonly random: Random;
  readonly telemetry: Telemetry;
  readonly log: Logger;
  readonly connectionName: string;
}

/**
 * Connects to RabbitMQ and Redis, and to the servers that keep locks where there are such; when one fails, the others are let go.
 *
 * @throws ConfigError when a service refuses us, or the broker belongs to another store
 * @throws StoreUnavailableError when a service cannot be reached
 */
export async function connected(
  settings: ServiceSettings,
  { adopt, ...options }: ComposeOptions,
): Promise<Composition> {
  const surroundings = surroundingsOf(options);
  const redis = await connectRedis(settings, surroundings);
  let broker: RabbitBroker | undefined;
  let quorum: QuorumLocks | undefined;
  const alarms = alarmsOn(redis, settings, surroundings);
  const close = async () => {
    await alarms.close();
    quorum?.close();
    await Promise.all([broker?.close(), redis.close()]);
  };
  try {
    broker = await connectRabbit(settings, surroundings);
    // Broker and store belong together: what one knows of the other's past must not be another one's (delivery.md A.5).
    const { storeId } = await redis.store.namespace();
    await broker.tie(storeId, adopt);
    if (adopt) await redis.store.adopt();
    if (settings.lockRedisUrls) quorum = await connectLocks(settings, surroundings);
  } catch (error) {
    await close();
    throw error;
  }
  const { store, leases, membership } = redis;
  const { locks } = quorum ?? redis;
  const { clock, random, telemetry } = surroundings;
  const { pools } = broker;
  return { ports: { broker, store, leases, locks, membership, alarms, pools, clock, random, telemetry }, close };
}

export function surroundingsOf(options: Omit<ComposeOptions, "adopt">): Surroundings {
  const { log, connectionName, telemetry = new SilentTelemetry() } = options;
  return { clock: new SystemClock(), random: new SystemRandom(), telemetry, log, connectionName };
}

export function connectRabbit(settings: ServiceSettings, surroundings: Surroundings): Promise<RabbitBroker> {
  const { namespace, amqpUrl, maxMailboxBytes, confirmTimeout } = settings;
  return RabbitBroker.connect({
    ...surroundings,
    ...readTls(settings),
    namespace,
    urls: amqpUrl!,
    maxMailboxBytes,
    confirmTimeoutMs: confirmTimeout,
  });
}

export async function connectRedis(settings: ServiceSettings, surroundings: Surroundings): Promise<RedisServices> {
  const { namespace, redisUrl, redisReplicas, redisFsync } = settings;
  const barrier = { replicas: redisReplicas, fsync: redisFsync, timeoutMs: barrierTimeoutMs };
  try {
    return await RedisServices.connect({
      ...surroundings,
      ...readTls(settings),
      namespace,
      urls: redisUrl!,
      ...((redisReplicas > 0 || redisFsync !== "none") && { barrier }),
    });
  } catch (error) {
    if (!(error instanceof StoreUnavailableError)) throw error;
    throw new StoreUnavailableError(`${error.message}: start it, or correct the URL`, { cause: error });
  }
}

/** On the Redis of the store; they connect when they are first needed. */
export function alarmsOn(
  redis: RedisServices,
  { namespace }: Pick<ServiceSettings, "namespace">,
  { clock, random, log }: Pick<Surroundings, "clock" | "random" | "log">,
): BullmqAlarms {
  return new BullmqAlarms({ client: (waits) => redis.newClient(waits), namespace, clock, random, log });
}

/** To the servers that keep locks by majority. */
export async function connectLocks(settings: ServiceSettings, surroundings: Surroundings): Promise<QuorumLocks> {
  const { namespace, lockRedisUrls } = settings;
  try {
    return await QuorumLocks.connect({ ...surroundings, ...readTls(settings), namespace, urls: lockRedisUrls! });
  } catch (error) {
    if (!(error instanceof StoreUnavailableError)) throw error;
    const fix = "start them, or correct ACTOR_LOCK_REDIS_URLS (--lock-redis-urls)";
    throw new StoreUnavailableError(`${error.message}: ${fix}`, { cause: error });
  }
}
