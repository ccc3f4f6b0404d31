import {
  type ActorError,
  ClosedError,
  type Destination,
  isPoolQueue,
  OverloadedError,
  type PublishOutcome,
  UnknownOutcomeError,
} from "@actor-runtime/core";
import { retryAfterMs } from "../retry-after.js";

const refusedRetryMs = 500;

const reasons: Readonly<Record<PublishOutcome, string>> = {
  refused: "is full",
  unroutable: "has no queue yet: no worker that hosts it has started",
  lost: "could not be reached",
  confirmed: "is busy",
};

/** @param eachMs how long a message took of late, from being sent to being confirmed; 0: nobody knows */
export function noRoom(to: Destination, waiting: number, eachMs: number): OverloadedError {
  const what = `${nameOf(to)}: ${waiting} messages of this process wait to be sent already`;
  return new OverloadedError(what, "mailbox", retryAfterMs(waiting, eachMs));
}

/**
 * The time of a message is over before the broker confirmed it.
 *
 * @param outcome of its last publication
 * @param mayBeThere some publication of it had an unknown outcome
 */
export function tooLate(to: Destination, outcome: PublishOutcome, mayBeThere: boolean): ActorError {
  if (mayBeThere) return new UnknownOutcomeError(`${nameOf(to)}: the broker did not confirm the message in time`);
  return new OverloadedError(`${nameOf(to)} ${reasons[outcome]}`, "mailbox", refusedRetryMs);
}

export function closedBefore(to: Destination, mayBeThere: boolean): ClosedError {
  const what = `${nameOf(to)}: the system was closed before the message was confirmed`;
  return new ClosedError(what, mayBeThere ? "unknown" : "none");
}

function nameOf(to: Destination): string {
  return isPoolQueue(to) ? to : `mailbox ${to}`;
}
