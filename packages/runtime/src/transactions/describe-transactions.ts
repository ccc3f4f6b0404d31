import { decisionOn, noDecision, type TransactionState } from "@actor-runtime/core";
import type { HoldReport, TransactionsReport } from "../inspect/reports.js";
import { transactionKey } from "./transaction-messages.js";
import type { HeldActor, TransactionDescription } from "./transaction-types.js";

interface Found {
  readonly hold: HoldReport;
  readonly worker: string;
}

/**
 * Puts together what coordinators decided and what workers say is held, the oldest transactions first.
 *
 * @param decisions what the coordinators store, by the key of their transactions
 */
export function describeTransactions(
  decisions: ReadonlyMap<string, TransactionState>,
  reports: readonly TransactionsReport[],
): TransactionDescription[] {
  const found = new Map<string, Found[]>();
  const of = (id: string) => {
    const known = found.get(id) ?? [];
    found.set(id, known);
    return known;
  };
  for (const { committed, aborted } of decisions.values()) {
    if (committed !== undefined) of(committed.id);
    for (const { id } of aborted) of(id);
  }
  for (const { worker, holds } of reports) {
    for (const hold of holds.items) of(hold.transaction).push({ hold, worker });
  }
  const transactions = Array.from(found, ([id, holds]) =>
    describe(id, decisions.get(transactionKey(id)) ?? noDecision, holds),
  );
  return transactions.sort(inOrderOfAge);
}

function describe(id: string, state: TransactionState, found: readonly Found[]): TransactionDescription {
  const decided = decisionOn(state, id) ?? { kind: "pending" };
  const committed = state.committed?.id === id ? state.committed : undefined;
  const aborted = state.aborted.find((decision) => decision.id === id);
  const [first] = found;
  return {
    id,
    phase: decided.kind === "pending" ? "running" : decided.kind,
    ...(decided.kind === "aborted" && { reason: decided.reason }),
    ...(decided.kind === "aborted" && decided.by !== undefined && { by: decided.by }),
    forced: (committed ?? aborted)?.forced ?? false,
    ...(first && { since: first.hold.since, until: first.hold.until }),
    held: found.map(heldActor).sort((a, b) => compare(a.address, b.address)),
    open: committed?.open ?? [],
  };
}

function heldActor({ hold, worker }: Found): HeldActor {
  const { transaction: _transaction, since: _since, until: _until, ...held } = hold;
  return { ...held, worker };
}

/** Of what nobody holds any more it is not known how old it is. */
function inOrderOfAge(a: TransactionDescription, b: TransactionDescription): number {
  const age = (a.since ?? Number.POSITIVE_INFINITY) - (b.since ?? Number.POSITIVE_INFINITY);
  return age || compare(a.id, b.id);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
