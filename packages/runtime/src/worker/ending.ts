import { type ActorError, attributes, RejectedError, type Span } from "@actor-runtime/core";

/**
 * What became of a message at its owner.
 *
 * - `ok`: its handler returned
 * - `rejected`: its handler refused an ask or query, which is a decision and no fault
 * - `failed`: the handler of an ask or query failed, its caller has the error
 * - `retried`: the handler of a tell failed, and there will be another attempt
 * - `dead`: there will be none
 * - `refused`: its turn never began
 * - `repeated`: it was answered before and gets that answer again
 */
export type Ending = "ok" | "rejected" | "failed" | "retried" | "dead" | "refused" | "repeated";

/** How a message ends that failed for good. */
export function endingOf(error: ActorError, isTell: boolean): Ending {
  if (isTell) return "dead";
  return error instanceof RejectedError ? "rejected" : "failed";
}

/**
 * Says on the span of a message what became of it.
 *
 * @returns what the span fails with; `undefined`: nothing
 */
export function tellEnding(span: Span, ending: Ending, error: ActorError | undefined): ActorError | undefined {
  span.set(attributes.outcome, ending);
  if (error !== undefined) span.set(attributes.errorType, error.name);
  // A refusal is the handler's decision: it fails the span of its caller, and not that of the turn.
  return ending === "rejected" ? undefined : error;
}
