import { ConfigError } from "@actor-runtime/core";
import { compose, isEmbedded } from "../compose.js";
import type { Check, Surroundings } from "./check.js";

/** Says what `start` would run on, or why it would refuse. */
export function checkServices(surroundings: Pick<Surroundings, "amqpUrl" | "redisUrl">): Check {
  const name = "services";
  try {
    compose(surroundings);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const [finding = "", ...fix] = error.message.split(": ");
    return { name, status: "fail", finding, fix: fix.join(": ") };
  }
  return isEmbedded(surroundings)
    ? { name, status: "ok", finding: "embedded: AMQP_URL and REDIS_URL are unset, state is lost on exit" }
    : { name, status: "ok", finding: "AMQP_URL and REDIS_URL are set" };
}
