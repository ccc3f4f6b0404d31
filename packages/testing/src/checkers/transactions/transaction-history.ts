import type { AbortReason } from "@actor-runtime/core";
import type { ListOperation } from "./list-history.js";

/** One attempt of a transaction, as the code that ran it saw it. */
export interface TransactionAttempt {
  /** `<transaction>.<number>` */
  readonly id: string;
  /** By the steps of the history. */
  readonly begun: number;
  /** Those that were answered, and appends that were asked for. */
  readonly operations: readonly ListOperation[];
  /** Balances it read, by address. */
  readonly balances: Readonly<Record<string, number>>;
}

/** A call for a transaction; with one idempotency key there may be several for one. */
export interface TransactionCall {
  readonly transaction: string;
  readonly process: string;
  readonly begun: number;
  readonly ended?: number;
  readonly outcome: "pending" | "committed" | "aborted" | "unknown";
  /** The attempt that committed, as the answer says. */
  readonly attempt?: string;
  /** Why it aborted, or why nobody knows. */
  readonly reason?: AbortReason | "in doubt" | "died" | "failed";
}

/** What callers saw of transactions. */
export interface TransactionHistory {
  readonly calls: readonly TransactionCall[];
  /** By transaction. */
  readonly attempts: Readonly<Record<string, readonly TransactionAttempt[]>>;
  /** By how much each actor changes, by transaction; one that only notes it changes by 0. */
  readonly changes: Readonly<Record<string, Readonly<Record<string, number>>>>;
}
