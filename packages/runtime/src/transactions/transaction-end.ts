import {
  type AbortReason,
  TransactionAbortedError,
  TransactionInDoubtError,
  type TransactionOutcome,
} from "@actor-runtime/core";

/** Who decides whether a transaction commits: the partition that has all its members, or its coordinator. */
export type CommitPath = "partition" | "coordinator";

/**
 * How a transaction ended for who began it. `in_doubt`: nobody said whether it committed. `failed`: it could not begin, or go on,
 * and left nothing.
 */
export interface TransactionEnd {
  readonly outcome: "committed" | "aborted" | "in_doubt" | "failed";
  readonly reason?: AbortReason | undefined;
  /** The older transaction it gave way to. */
  readonly by?: string | undefined;
}

export const committedEnd: TransactionEnd = { outcome: "committed" };

/** @param error what its caller got */
export function endByError(error: unknown): TransactionEnd {
  if (error instanceof TransactionInDoubtError) return { outcome: "in_doubt" };
  if (!(error instanceof TransactionAbortedError)) return { outcome: "failed" };
  const { reason, by } = error;
  return { outcome: "aborted", reason, by };
}

/** What was decided: what is tentative counts, or it never was. */
export type Conclusion = Exclude<TransactionOutcome, { readonly kind: "pending" }>;

/** The decision as an end. */
export function endByDecision(decided: Conclusion): TransactionEnd {
  if (decided.kind === "committed") return committedEnd;
  const { reason, by } = decided;
  return { outcome: "aborted", reason, by };
}
