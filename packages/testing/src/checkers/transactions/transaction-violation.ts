/** A cycle of dependencies, by the kinds of its edges. */
export type CycleAnomaly = "G0" | "G1c" | "G-single" | "G2" | "real-time";

/** What no order of the transactions one after the other explains. */
export type IsolationAnomaly =
  | CycleAnomaly
  /** A read of what an aborted transaction appended. */
  | "G1a"
  /** A read of what a transaction had appended before it appended more. */
  | "G1b"
  /** An append that committed and is not to be seen by who begins later, nor by anybody else. */
  | "lost append"
  /** Two reads of one list of which neither begins the other. */
  | "incompatible orders"
  /** One append that is there twice. */
  | "duplicate"
  /** A read of what nobody appended. */
  | "unknown value"
  /** A read without what the same transaction had appended before, or with what it appended only after. */
  | "internal";

/** What is wrong with a bank. */
export type BankAnomaly =
  /** Only some of a transfer's accounts changed, or not by what they should have. */
  | "torn transfer"
  | "repeated transfer"
  /** It took effect although its caller was told that it aborted, or the other way round. */
  | "told otherwise"
  | "unknown transfer"
  | "wrong sum"
  | "wrong balance"
  | "overdrawn"
  /** A message left without its transaction, or did not leave with it. */
  | "lost message"
  | "stray message"
  | "repeated message";

/** A promise about transactions (P9) that a history breaks. */
export interface TransactionViolation {
  readonly anomaly: IsolationAnomaly | BankAnomaly;
  /** Ids of those it is about. */
  readonly transactions: readonly string[];
  /** What is wrong, without the name of the anomaly. */
  readonly what: string;
}

/** `P9: G1a (t1, t2): t1 read 4 of x, which t2 appended and t2 aborted`. */
export function describeTransactionViolation({ anomaly, transactions, what }: TransactionViolation): string {
  const named = transactions.length === 0 ? "" : ` (${transactions.join(", ")})`;
  return `P9: ${anomaly}${named}: ${what}`;
}
