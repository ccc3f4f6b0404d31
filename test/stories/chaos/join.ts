import { BullmqAlarms } from "@actor-runtime/bullmq";
import { type Clock, type Logger, StoreUnavailableError } from "@actor-runtime/core";
import { SystemClock, SystemRandom } from "@actor-runtime/embedded";
import { RabbitBroker } from "@actor-runtime/rabbitmq";
import { RedisServices } from "@actor-runtime/redis";
import {
  type AnyActor,
  createSystem,
  type Limits,
  type LocalSystem,
  type Ports,
  type Watchdog,
} from "@actor-runtime/runtime";
import type { ServiceUrls } from "../../services/provision.js";
import { countReplays } from "./count-replays.js";
import type { CountingTelemetry } from "./counting-telemetry.js";

export interface Member extends ServiceUrls {
  readonly namespace: string;
  readonly name: string;
}

/** Short, so that a story is short: the partitions of a killed worker are free after this time. */
const leaseMs = 2_000;

/** What a story has otherwise. */
export interface Oddities {
  readonly clock?: Clock;
  readonly limits?: Partial<Limits>;
  readonly maxMailboxBytes?: number;
  readonly watchdog?: Watchdog;
  /** Puts something else in the place of a port. */
  readonly ports?: (ports: Ports) => Ports;
}

/** Joins the system over real services. */
export async function join(
  { amqpUrl, redisUrl, namespace, name }: Member,
  actors: readonly AnyActor[],
  telemetry: CountingTelemetry,
  log: Logger,
  { clock = new SystemClock(), limits, maxMailboxBytes, watchdog, ports: replaced = (ports) => ports }: Oddities = {},
): Promise<LocalSystem> {
  const random = new SystemRandom();
  const shared = { namespace, clock, random, telemetry, log, connectionName: name };
  const redis = await patiently(() =>
    RedisServices.connect({ ...shared, urls: redisUrl, commandTimeoutMs: leaseMs / 4 }),
  );
  const rabbit = await patiently(() =>
    RabbitBroker.connect({
      ...shared,
      urls: amqpUrl,
      confirmTimeoutMs: 2_000,
      ...(maxMailboxBytes && { maxMailboxBytes }),
    }),
  );
  await rabbit.tie((await redis.store.namespace()).storeId);
  const { leases, locks, membership } = redis;
  const alarms = new BullmqAlarms({ client: (waits) => redis.newClient(waits), namespace, clock, random, log });
  const { pools } = rabbit;
  const { broker, store } = countReplays({ broker: rabbit, store: redis.store }, telemetry);
  return createSystem({
    ports: replaced({ broker, store, leases, locks, membership, alarms, pools, clock, random, telemetry }),
    actors,
    namespace,
    workerId: name,
    limits: { leaseMs, ...limits },
    log,
    ...(watchdog && { watchdog }),
    onClosed: () => void redis.close(),
  });
}

/** Processes that all start at once may be too slow for the short time-outs that stories have. */
async function patiently<R>(connect: () => Promise<R>): Promise<R> {
  for (let tries = 1; ; tries++) {
    try {
      return await connect();
    } catch (error) {
      if (!(error instanceof StoreUnavailableError) || tries === 10) throw error;
    }
  }
}
