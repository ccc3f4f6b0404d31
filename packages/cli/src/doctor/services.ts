import { ConfigError } from "@actor-runtime/core";
import { checkServices as checkUrls } from "../compose.js";
import { isEmbedded } from "../services.js";
import { type Check, failed, type Surroundings } from "./check.js";

/** Says what `start` would run on, or why it would refuse. */
export async function checkServices(surroundings: Surroundings): Promise<Check[]> {
  const name = "services";
  try {
    checkUrls(surroundings);
  } catch (error) {
    if (error instanceof ConfigError) return [failed(name, error)];
    throw error;
  }
  if (isEmbedded(surroundings)) {
    return [{ name, status: "ok", finding: "embedded: AMQP_URL and REDIS_URL are unset, state is lost on exit" }];
  }
  // Loaded here, because an embedded process needs nothing of it.
  const { checkConnected } = await import("./connected.js");
  return checkConnected(surroundings);
}
