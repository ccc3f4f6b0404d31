import { ActorError } from "actor-runtime";

/**
 * How a call that is to be refused was refused, as one line.
 *
 * @throws Error when the call succeeds after all, or fails in an unknown way
 */
export async function failure(call: Promise<unknown>): Promise<string> {
  try {
    await call;
  } catch (error) {
    if (error instanceof ActorError) return `${error.name} (${error.code}): ${error.message}`;
    throw error;
  }
  throw new Error("the call was to be refused, but it succeeded");
}
