import type { ListTransaction, ListValue } from "./list-history.js";
import type { TransactionViolation } from "./transaction-violation.js";

/** A transaction reads what it appended itself before, and not what it appends only later. */
export function checkOwnAppends({ id, operations }: ListTransaction): TransactionViolation[] {
  const all = new Set(operations.flatMap((operation) => (operation.kind === "append" ? [operation.value] : [])));
  if (all.size === 0) return [];
  const soFar = new Map<string, ListValue[]>();
  return operations.flatMap((operation): TransactionViolation[] => {
    const { key } = operation;
    const own = soFar.get(key) ?? [];
    if (operation.kind === "append") {
      soFar.set(key, [...own, operation.value]);
      return [];
    }
    const seen = operation.list.filter((value) => all.has(value));
    if (seen.length === own.length && seen.every((value, index) => value === own[index])) return [];
    const what = `${id} read [${seen.join(", ")}] of ${key} as its own after it had appended [${own.join(", ")}]`;
    return [{ anomaly: "internal", transactions: [id], what }];
  });
}
