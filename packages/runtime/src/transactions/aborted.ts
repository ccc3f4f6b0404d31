import {
  type AbortReason,
  type ActorError,
  CancelledError,
  TransactionAbortedError,
  type TransactionContext,
  type TransactionOutcome,
} from "@actor-runtime/core";

type Aborted = Pick<Extract<TransactionOutcome, { kind: "aborted" }>, "reason" | "by">;

/** What the caller of a transaction gets when its coordinator decided against it. */
export function abortedError(id: string, { reason, by }: Aborted): TransactionAbortedError {
  return new TransactionAbortedError(`transaction ${id} was aborted: ${because(reason, by)}`, {
    reason,
    transaction: id,
    by,
  });
}

/** Another attempt may commit: it only gave way, or lost what it did. */
export function mayComeRight(reason: AbortReason | undefined): boolean {
  return reason === "conflict" || reason === "lost";
}

/** The body threw, or what it returned cannot be kept. */
export function rejectedBy(thrown: unknown, { id }: TransactionContext): TransactionAbortedError {
  return causedBy(thrown, "rejected", id);
}

/** An actor said that it cannot commit, or a call in it failed so that nobody knows whether it took effect. */
export function doomedBy(error: ActorError, { id, until }: TransactionContext, now: number): TransactionAbortedError {
  if (error instanceof TransactionAbortedError && error.transaction === id) return error;
  // One that its body withdraws by a signal of its own would be withdrawn again.
  if (error.effect === "none" || error instanceof CancelledError) return causedBy(error, "rejected", id);
  return now >= until ? abortedError(id, { reason: "deadline" }) : causedBy(error, "lost", id);
}

function causedBy(cause: unknown, reason: "rejected" | "lost", id: string): TransactionAbortedError {
  const text = cause instanceof Error ? cause.message : String(cause);
  return new TransactionAbortedError(`transaction ${id} was aborted: ${text}`, { reason, transaction: id }, { cause });
}

function because(reason: Aborted["reason"], by: string | undefined): string {
  switch (reason) {
    case "conflict":
      return by === undefined ? "it gave way to an older one" : `it gave way to ${by}, which began earlier`;
    case "deadline":
      return "its time ran out; raise its timeout, or do less in it";
    case "lost":
      return "an actor lost what it did in it, or a call in it got no answer";
    case "resolved":
      return "an operator decided so";
    case "superseded":
      return "another attempt of it committed";
    case "rejected":
    default:
      return "a call in it failed";
  }
}
