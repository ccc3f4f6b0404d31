import { ActorError, ConfigError, StoreUnavailableError } from "@actor-runtime/core";
import { ReplyError } from "ioredis";

/** Answers that mean "not now": the same command may be sent again, and nothing of it was done. */
const passing = new Set([
  "OOM",
  "MISCONF",
  "READONLY",
  "LOADING",
  "CLUSTERDOWN",
  "NOREPLICAS",
  "MASTERDOWN",
  "TRYAGAIN",
  "BUSY",
  "MOVED",
  "ASK",
]);

/** Answers that mean that the user or its rights are wrong. */
const refused = new Set(["NOAUTH", "WRONGPASS", "NOPERM"]);

/** The first word of what Redis answered: `OOM`, `READONLY`, `ERR`. `undefined`: the error does not come from Redis. */
export function replyCode(error: unknown): string | undefined {
  return error instanceof ReplyError ? (error as Error).message.split(" ", 1)[0] : undefined;
}

/**
 * What a failed command means to the caller.
 * - StoreUnavailableError: Redis cannot do it now, or nobody knows whether it did (connection lost, no answer in time):
 *   send the same again.
 * - ConfigError: credentials or rights.
 * - anything else as it came: a definite failure, a mistake here or in the stored data.
 */
export function storeError(error: unknown): unknown {
  const code = replyCode(error);
  if (code !== undefined) {
    const { message } = error as Error;
    // ioredis notes the command on its errors: a password with AUTH, whole states with a commit.
    Reflect.deleteProperty(error as Error, "command");
    if (passing.has(code)) return new StoreUnavailableError(`Redis cannot do it now: ${message}`, { cause: error });
    if (refused.has(code) || message.startsWith("ERR AUTH")) {
      return new ConfigError(`Redis refuses the user (${message}): correct user, password or rights (ACL)`, {
        cause: error,
      });
    }
    return error;
  }
  const ours = error instanceof ActorError || error instanceof TypeError || error instanceof RangeError;
  if (!(error instanceof Error) || ours) return error;
  return new StoreUnavailableError(`Redis does not answer: ${error.message}`, { cause: error });
}
