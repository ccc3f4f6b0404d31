import type { Committed } from "./committed.js";
import type { ListAppend, ListTransaction } from "./list-history.js";
import type { TransactionViolation } from "./transaction-violation.js";

/** An append that nobody read. */
export interface UnseenAppend {
  readonly transaction: ListTransaction;
  readonly append: ListAppend;
  /** Who read the list later without it; `undefined`: nobody had to see it. */
  readonly missedBy: ListTransaction | undefined;
}

export function unseenAppends(committed: Committed): UnseenAppend[] {
  const { transactions, reads } = committed;
  const latest = new Map<string, ListTransaction>();
  for (const { reader, read } of reads) {
    if (reader.begun > (latest.get(read.key)?.begun ?? Number.NEGATIVE_INFINITY)) latest.set(read.key, reader);
  }
  return transactions.flatMap((transaction) =>
    transaction.operations.flatMap((append): UnseenAppend[] => {
      if (append.kind !== "append" || committed.versions(append.key).has(append.value)) return [];
      const last = latest.get(append.key);
      const isMissed = last !== undefined && last.begun > endOf(transaction);
      return [{ transaction, append, missedBy: isMissed ? last : undefined }];
    }),
  );
}

/** By then it had taken effect. Nobody knows when an unknown outcome does. */
export function endOf({ outcome, ended }: ListTransaction): number {
  return outcome === "committed" && ended !== undefined ? ended : Number.POSITIVE_INFINITY;
}

export function lostAppends(unseen: readonly UnseenAppend[]): TransactionViolation[] {
  return unseen.flatMap(({ transaction: { id }, append: { key, value }, missedBy }) => {
    if (missedBy === undefined) return [];
    const what = `${id} appended ${value} to ${key}, and ${missedBy.id}, which began later, does not see it, nor does anybody`;
    return [{ anomaly: "lost append", transactions: [id, missedBy.id], what }];
  });
}
