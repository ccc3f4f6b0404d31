import { ActorError, StoreUnavailableError } from "@actor-runtime/core";
import { type Cluster, type Redis, ReplyError } from "ioredis";

/**
 * Connects a client. From then on it comes back by itself, and whoever sends commands hears of their failure.
 *
 * @throws StoreUnavailableError when there is no connection to be had now
 */
export async function connect(client: Redis | Cluster): Promise<Redis | Cluster> {
  // The promise only says that the connection was closed, the event says why.
  let reason: unknown;
  client.on("error", (error) => void (reason ??= error));
  try {
    await client.connect();
    return client;
  } catch (error) {
    client.disconnect();
    throw unavailable(reason ?? error);
  }
}

/** Whatever Redis answers, or that it does not: the alarms cannot be had now. */
export function unavailable(error: unknown): unknown {
  if (error instanceof ActorError || !(error instanceof Error)) return error;
  // ioredis notes the command on its errors: a password with AUTH.
  if (error instanceof ReplyError) Reflect.deleteProperty(error, "command");
  return new StoreUnavailableError(`the alarms on Redis cannot be had now: ${error.message}`, { cause: error });
}
