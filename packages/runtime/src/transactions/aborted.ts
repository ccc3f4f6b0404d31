import { TransactionAbortedError, type TransactionOutcome } from "@actor-runtime/core";

type Aborted = Pick<Extract<TransactionOutcome, { kind: "aborted" }>, "reason" | "by">;

/** What the caller of a transaction gets when its coordinator decided against it. */
export function abortedError(id: string, { reason, by }: Aborted): TransactionAbortedError {
  return new TransactionAbortedError(`transaction ${id} was aborted: ${because(reason, by)}`, {
    reason,
    transaction: id,
    by,
  });
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
