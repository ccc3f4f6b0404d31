import { ConfigError, type Container, type Duration, type Logger, type Telemetry } from "@actor-runtime/core";
import {
  type ActorSystem,
  type AnyActor,
  consoleLog,
  createSystem,
  type LimitOptions,
  type Limits,
  limitsOf,
  systemActors,
  type TracingOptions,
} from "@actor-runtime/runtime";
import { typediContainer } from "@actor-runtime/typedi";
import { compose, newWorkerId } from "./compose.js";
import { resolveSettings } from "./config/resolve.js";
import { type SettingName, settings } from "./config/settings.js";
import { observeEventLoop } from "./event-loop-delay.js";
import { isEmbedded, lockSettings, type ServiceSettings, serviceSettings } from "./services.js";

const longestIntervalMs = 2 ** 31 - 1;

export interface ConnectOptions {
  /** The classes to host in this process. Without them it is a client only. */
  actors?: readonly AnyActor[];
  /** Where `inject` gets services from. @default typedi's global container */
  container?: Container;
  /** Keeps the actors of several applications apart on one broker and store. @default ACTOR_NAMESPACE, else "default" */
  namespace?: string;
  /** RabbitMQ; several are nodes of one cluster. @default AMQP_URL */
  amqpUrl?: string | readonly string[];
  /** Redis; several are nodes of one Redis Cluster, or of one replicated Redis. @default REDIS_URL */
  redisUrl?: string | readonly string[];
  /**
   * Three, five or more independent Redis servers that keep the locks, by majority, for those whose locks must not depend on
   * one server. @default ACTOR_LOCK_REDIS_URLS, else the Redis of `redisUrl`
   */
  lockRedisUrls?: readonly string[];
  /** PEM file of the certificate authority that `amqps:` and `rediss:` servers are checked against. @default ACTOR_TLS_CA, else Node's own */
  tlsCa?: string;
  /** PEM file of the certificate shown to them. @default ACTOR_TLS_CERT */
  tlsCert?: string;
  /** PEM file of its key. @default ACTOR_TLS_KEY */
  tlsKey?: string;
  /** Replicas of Redis that must have a commit before it counts. @default ACTOR_REDIS_REPLICAS, else 0 */
  redisReplicas?: number;
  /** Who must have a commit on disk before it counts. @default ACTOR_REDIS_FSYNC, else "none" */
  redisFsync?: "none" | "local" | "replicas";
  /** Soft bound of each partition's queue, in bytes or as `"64MiB"`. @default ACTOR_MAX_MAILBOX_BYTES, else "256MiB" */
  maxMailboxBytes?: number | string;
  /** After so long without a confirm a publication is sent again. @default ACTOR_CONFIRM_TIMEOUT, else "10s" */
  confirmTimeout?: Duration;
  /** What this process takes on at most; see docs/flow-control.md. @default ACTOR_LIMITS, else limits that nobody has to set */
  limits?: LimitOptions;
  /** Unique in the namespace. @default ACTOR_WORKER_ID, else host, process id and a random part */
  workerId?: string;
  /** Share of the partitions relative to other workers, above 0 and at most 100. @default ACTOR_WEIGHT, else 1 */
  weight?: number;
  /** Build of the code, such as the commit or image tag; a rolling deploy prefers the newest. @default ACTOR_BUILD, else none */
  build?: string;
  /** Where the system logs, the shape of pino. @default warnings and errors on stderr */
  log?: Logger;
  /** Who is told spans and metrics: `new OtelTelemetry()` of `actor-runtime/otel`, once your SDK has started. @default nobody */
  telemetry?: Telemetry;
  /** What spans tell, and how they hang together. @default ACTOR_TRACE_CORRELATION, ACTOR_TRACE_KEYS, else a conversation is one trace, keys plain */
  tracing?: TracingOptions;
}

/**
 * Joins the system from a program: hosts the given actors and calls any. Without `AMQP_URL` and `REDIS_URL` broker and
 * store live in this process, and state is lost when it ends. The process stays alive until the system is closed, for which
 * `await using` cares.
 *
 * @throws ConfigError when there is nothing to host and nothing to connect to, only one URL is set, broker and store do not
 * belong together, or an actor class cannot be hosted
 * @throws StoreUnavailableError when broker or store cannot be reached
 * @example
 * await using system = await connect({ actors: [Account] });
 * await system.ref(Account, "alice").deposit(100);
 */
export async function connect(options: ConnectOptions = {}): Promise<ActorSystem> {
  const { actors = [], container = typediContainer(), log, telemetry, tracing, ...given } = options;
  const { limits, workerId, weight, build, traceCorrelation, traceKeys, ...services } = valuesOf(given);
  if (actors.length === 0 && isEmbedded(services)) {
    throw new ConfigError(
      "connect() has nothing to talk to: give actors to host them here, connect({ actors: [Account] }), " +
        "or set AMQP_URL and REDIS_URL to reach workers elsewhere",
    );
  }
  return join(services, {
    actors: actors.length === 0 ? [] : [...actors, ...systemActors],
    container,
    limits: limitsOf(limits),
    workerId,
    weight,
    build,
    log,
    telemetry,
    tracing: { correlation: traceCorrelation, keys: traceKeys, ...tracing },
  });
}

/** @throws as `connect` does */
export async function join(
  services: ServiceSettings,
  { workerId = newWorkerId(), log = consoleLog, telemetry, ...options }: JoinOptions = {},
): Promise<ActorSystem> {
  const { ports, close } = await compose(services, { log, connectionName: workerId, telemetry });
  // Timers of the runtime keep no process alive, but a program that waits for a time-out or a drain must see it.
  const alive = setInterval(() => {}, longestIntervalMs);
  const stopObserving = observeEventLoop(ports.telemetry);
  return createSystem({
    ...options,
    ports,
    namespace: services.namespace,
    workerId,
    log,
    onClosed: async () => {
      clearInterval(alive);
      stopObserving();
      await close();
    },
  });
}

interface JoinOptions {
  readonly actors?: readonly AnyActor[];
  readonly container?: Container;
  readonly limits?: Partial<Limits>;
  readonly workerId?: string | undefined;
  readonly weight?: number;
  readonly build?: string;
  readonly log?: Logger | undefined;
  readonly telemetry?: Telemetry | undefined;
  readonly tracing?: TracingOptions;
}

/** What the program gives hides the variables of the same settings; an empty text unsets them. */
function valuesOf(given: Omit<ConnectOptions, "actors" | "container" | "log" | "telemetry" | "tracing">) {
  const names = [
    ...serviceSettings,
    ...lockSettings,
    "limits",
    "workerId",
    "weight",
    "build",
    "traceCorrelation",
    "traceKeys",
  ] as const;
  const set = Object.entries(given).filter(([, value]) => value !== undefined);
  const hidden = new Set(set.map(([name]) => settings[name as SettingName].env as string));
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !hidden.has(name)));
  const values = Object.fromEntries(set.filter(([, value]) => value !== ""));
  return resolveSettings(names, { flags: {}, env, file: { name: "connect()", values } }).values;
}
