import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { ConfigError } from "@actor-runtime/core";
import { EmbeddedWorld, eventLoopHops, SilentTelemetry, SystemClock, SystemRandom } from "@actor-runtime/embedded";
import type { ComposeOptions, Composition } from "./composition.js";
import { isEmbedded, type ServiceSettings } from "./services.js";

/**
 * Chooses the adapters, the one place where they meet, and connects them.
 *
 * @throws ConfigError when only one of the two URLs is given, a service refuses us, or the broker belongs to another store
 * @throws StoreUnavailableError when a service cannot be reached
 */
export async function compose(settings: ServiceSettings, options: ComposeOptions): Promise<Composition> {
  checkServices(settings);
  if (isEmbedded(settings)) return embedded(options);
  // Loaded here, because an embedded process needs nothing of it.
  const { connected } = await import("./connected.js");
  return connected(settings, options);
}

/** @throws ConfigError when only one of the two URLs is given, or servers of locks beside neither */
export function checkServices({
  amqpUrl,
  redisUrl,
  lockRedisUrls,
}: Pick<ServiceSettings, "amqpUrl" | "redisUrl" | "lockRedisUrls">): void {
  const fix = "set both, or unset AMQP_URL and REDIS_URL (--amqp-url, --redis-url) to run embedded";
  if (!amqpUrl && redisUrl) throw new ConfigError(`REDIS_URL is set but AMQP_URL is missing: ${fix}`);
  if (amqpUrl && !redisUrl) throw new ConfigError(`AMQP_URL is set but REDIS_URL is missing: ${fix}`);
  if (lockRedisUrls && !redisUrl) {
    throw new ConfigError(
      "ACTOR_LOCK_REDIS_URLS is set but AMQP_URL and REDIS_URL are missing: " +
        "set them, or unset ACTOR_LOCK_REDIS_URLS (--lock-redis-urls), which an embedded process does not use",
    );
  }
}

/** Host, process and a random part: readable in logs, and never the name of an earlier run. */
export function newWorkerId(): string {
  const random = randomBytes(3).toString("hex");
  return `${hostname().replace(/[^A-Za-z0-9.-]/g, "-")}-${process.pid}-${random}`;
}

function embedded({ telemetry = new SilentTelemetry() }: ComposeOptions): Composition {
  const clock = new SystemClock();
  const random = new SystemRandom();
  const world = new EmbeddedWorld({ clock, random, schedule: eventLoopHops() }).connect("main");
  const { broker, store, leases, locks, membership, alarms, pools } = world;
  return {
    ports: { broker, store, leases, locks, membership, alarms, pools, clock, random, telemetry },
    close: async () => {},
  };
}
