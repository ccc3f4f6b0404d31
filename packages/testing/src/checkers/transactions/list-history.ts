/** Names one append: no two appends of a history have the same. */
export type ListValue = string | number;

export interface ListAppend {
  readonly kind: "append";
  readonly key: string;
  readonly value: ListValue;
}

export interface ListRead {
  readonly kind: "read";
  readonly key: string;
  /** All that was in the list. */
  readonly list: readonly ListValue[];
}

export type ListOperation = ListAppend | ListRead;

/** One transaction on lists as its caller saw it, in whatever number of attempts. */
export interface ListTransaction {
  /** Names the transaction. */
  readonly id: string;
  readonly process: string;
  /** When its caller began it, and when it heard of the outcome, on one time axis for the whole history. */
  readonly begun: number;
  /** Absent: it never heard. */
  readonly ended?: number;
  /** `unknown`: it may have committed or not, or will; it has if somebody who committed saw what it appended. */
  readonly outcome: "committed" | "aborted" | "unknown";
  /** In the order in which they were made, those of the attempt that ended it. */
  readonly operations: readonly ListOperation[];
}
