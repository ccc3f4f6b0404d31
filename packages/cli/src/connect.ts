import { ConfigError, type Container, type Logger } from "@actor-runtime/core";
import { type ActorSystem, type AnyActor, createSystem } from "@actor-runtime/runtime";
import { typediContainer } from "@actor-runtime/typedi";
import { compose, isEmbedded, newWorkerId } from "./compose.js";

const longestIntervalMs = 2 ** 31 - 1;

export interface ConnectOptions {
  /** The classes to host in this process. Without them it is a client only. */
  actors?: readonly AnyActor[];
  /** Where `inject` gets services from. @default typedi's global container */
  container?: Container;
  /** Keeps the actors of several applications apart on one broker and store. @default ACTOR_NAMESPACE, else "default" */
  namespace?: string;
  /** RabbitMQ. @default AMQP_URL */
  amqpUrl?: string;
  /** Redis. @default REDIS_URL */
  redisUrl?: string;
  /** Unique in the namespace. @default ACTOR_WORKER_ID, else host, process id and a random part */
  workerId?: string;
  /** Where the system logs, the shape of pino. @default warnings and errors on stderr */
  log?: Logger;
}

/**
 * Joins the system from a program: hosts the given actors and calls any. Without `AMQP_URL` and `REDIS_URL` broker and
 * store live in this process, and state is lost when it ends. The process stays alive until the system is closed, for which
 * `await using` cares.
 *
 * @throws ConfigError when there is nothing to host and nothing to connect to, only one URL is set, or an actor class
 * cannot be hosted
 * @example
 * await using system = await connect({ actors: [Account] });
 * await system.ref(Account, "alice").deposit(100);
 */
export async function connect(options: ConnectOptions = {}): Promise<ActorSystem> {
  const { actors = [], container = typediContainer(), log } = options;
  const services = {
    amqpUrl: options.amqpUrl ?? process.env.AMQP_URL,
    redisUrl: options.redisUrl ?? process.env.REDIS_URL,
  };
  if (actors.length === 0 && isEmbedded(services)) {
    throw new ConfigError(
      "connect() has nothing to talk to: give actors to host them here, connect({ actors: [Account] }), " +
        "or set AMQP_URL and REDIS_URL to reach workers elsewhere",
    );
  }
  const ports = compose(services);
  // Timers of the runtime keep no process alive, but a program that waits for a time-out or a drain must see it.
  const alive = setInterval(() => {}, longestIntervalMs);
  return createSystem({
    ports,
    actors,
    container,
    namespace: options.namespace ?? (process.env.ACTOR_NAMESPACE || "default"),
    workerId: options.workerId ?? (process.env.ACTOR_WORKER_ID || newWorkerId()),
    ...(log && { log }),
    onClosed: () => clearInterval(alive),
  });
}
