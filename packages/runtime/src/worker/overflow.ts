import { OverloadedError } from "@actor-runtime/core";

const leastMs = 100;
const mostMs = 30_000;
/** Where nobody knows how fast messages are done. */
const unknownMs = 1_000;

/**
 * ActorOverflow of delivery.md C.6.
 *
 * @param turnMs how long a turn of the type takes on average; 0: none has ended yet
 */
export function actorOverflow(address: string, waiting: number, turnMs: number): OverloadedError {
  return new OverloadedError(`${waiting} messages wait for ${address} already`, "actor", retryAfterMs(waiting, turnMs));
}

/** As {@link actorOverflow}, for messages that are not due yet. */
export function delayedOverflow(address: string, delayed: number): OverloadedError {
  return new OverloadedError(`${delayed} messages for ${address} wait for their time already`, "actor", mostMs);
}

/** Those of all actors of its partition together are too many. */
export function partitionDelayedOverflow(address: string, delayed: number): OverloadedError {
  const what = `the partition of ${address} keeps ${delayed} messages until their time already`;
  return new OverloadedError(what, "partition", mostMs);
}

/** The time in which a tenth of what waits is done, from 0.1 to 30 s: room for one message would be gone at once. */
export function retryAfterMs(waiting: number, eachMs: number): number {
  if (eachMs === 0) return unknownMs;
  return Math.round(Math.min(mostMs, Math.max(leastMs, (waiting * eachMs) / 10)));
}
