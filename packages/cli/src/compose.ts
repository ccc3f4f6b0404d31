import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { ConfigError } from "@actor-runtime/core";
import { EmbeddedWorld, eventLoopHops, SilentTelemetry, SystemClock, SystemRandom } from "@actor-runtime/embedded";
import type { Ports } from "@actor-runtime/runtime";

export interface Services {
  readonly amqpUrl: string | undefined;
  readonly redisUrl: string | undefined;
}

/** Neither a broker nor a store is given: everything lives in this process, and ends with it. */
export function isEmbedded({ amqpUrl, redisUrl }: Services): boolean {
  return !amqpUrl && !redisUrl;
}

/**
 * Chooses the adapters, the one place where they meet.
 *
 * @throws ConfigError when only one of the two URLs is given, or one that this version cannot serve
 */
export function compose(services: Services): Ports {
  if (!isEmbedded(services)) throw refusal(services);
  const clock = new SystemClock();
  const random = new SystemRandom();
  const { broker, store, leases, membership, alarms } = new EmbeddedWorld({
    clock,
    random,
    schedule: eventLoopHops(),
  }).connect("main");
  return { broker, store, leases, membership, alarms, clock, random, telemetry: new SilentTelemetry() };
}

/** Host, process and a random part: readable in logs, and never the name of an earlier run. */
export function newWorkerId(): string {
  const random = randomBytes(3).toString("hex");
  return `${hostname().replace(/[^A-Za-z0-9.-]/g, "-")}-${process.pid}-${random}`;
}

function refusal({ amqpUrl, redisUrl }: Services): ConfigError {
  const embedded = "unset AMQP_URL and REDIS_URL (--amqp-url, --redis-url) to run embedded";
  if (!amqpUrl) return new ConfigError(`REDIS_URL is set but AMQP_URL is missing: set both, or ${embedded}`);
  if (!redisUrl) return new ConfigError(`AMQP_URL is set but REDIS_URL is missing: set both, or ${embedded}`);
  return new ConfigError(`this version of actor-runtime has no RabbitMQ and Redis adapters yet: ${embedded}`);
}
