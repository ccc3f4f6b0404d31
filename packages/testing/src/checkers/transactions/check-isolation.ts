import { Committed } from "./committed.js";
import { findCycles } from "./cycles.js";
import { dependencies } from "./dependencies.js";
import { describeCycle } from "./describe-cycle.js";
import { intermediateReads } from "./intermediate-reads.js";
import type { ListTransaction } from "./list-history.js";
import { lostAppends, unseenAppends } from "./lost-appends.js";
import type { TransactionViolation } from "./transaction-violation.js";

/**
 * P9: transactions on lists are strictly serializable: one order of them explains all that they read, and it agrees with real
 * time. The longest read of each list shows in which order its values were appended; by that it is known who came after whom,
 * and a cycle of that is an anomaly with a name (Adya: Weak Consistency, 1999; Kingsbury and Alvaro: Elle, VLDB 2020).
 *
 * The history may hold reads by queries and appends by plain messages too: each is a transaction of one operation.
 *
 * @throws RangeError when two appends have one value
 * @example
 * const read = { kind: "read", key: "x", list: [] } as const;
 * checkIsolation([{ id: "t1", process: "c1", begun: 1, ended: 2, outcome: "committed", operations: [read] }]); // []
 */
export function checkIsolation(history: readonly ListTransaction[]): TransactionViolation[] {
  const committed = new Committed(history);
  const unseen = unseenAppends(committed);
  const cycles = findCycles(dependencies(committed, unseen));
  return [
    ...committed.violations,
    ...intermediateReads(committed),
    ...lostAppends(unseen),
    ...cycles.map((cycle) => describeCycle(cycle, committed.transactions)),
  ];
}
