import { OverloadedError } from "@actor-runtime/core";
import { retryAfterMs } from "../retry-after.js";

/** Until their time has come there is no telling when there is room. */
const delayedRetryMs = 30_000;

/**
 * ActorOverflow of delivery.md C.6.
 *
 * @param turnMs how long a turn of the type takes on average; 0: nobody knows
 */
export function actorOverflow(address: string, waiting: number, turnMs: number): OverloadedError {
  return new OverloadedError(`${waiting} messages wait for ${address} already`, "actor", retryAfterMs(waiting, turnMs));
}

/** As {@link actorOverflow}, for messages that are not due yet. */
export function delayedOverflow(address: string, delayed: number): OverloadedError {
  return new OverloadedError(`${delayed} messages for ${address} wait for their time already`, "actor", delayedRetryMs);
}

/** Those of all actors of its partition together are too many. */
export function partitionDelayedOverflow(address: string, delayed: number): OverloadedError {
  const what = `the partition of ${address} keeps ${delayed} messages until their time already`;
  return new OverloadedError(what, "partition", delayedRetryMs);
}
