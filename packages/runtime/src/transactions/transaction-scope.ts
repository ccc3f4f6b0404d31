import { AsyncLocalStorage } from "node:async_hooks";
import { DeadlockError } from "@actor-runtime/core";
import type { CallTransaction } from "../client/call-target.js";

/** The transaction whose body runs now, with those it is nested in. */
export interface TransactionScope extends CallTransaction {
  /** Whether it keeps the actor from everybody else until it ends. */
  holds(address: string): boolean;
  readonly parent: TransactionScope | undefined;
}

export const transactionScope = new AsyncLocalStorage<TransactionScope | undefined>();

/**
 * A call waits for the transaction that holds its actor, and so it must not be what the body of that transaction waits for.
 *
 * @param transaction the one the call is part of
 * @throws DeadlockError
 */
export function checkNotHeld(address: string, transaction: CallTransaction | undefined): void {
  let scope = transactionScope.getStore();
  for (; scope !== undefined; scope = scope.parent) {
    if (scope === transaction || !scope.holds(address)) continue;
    const { id } = scope.context;
    throw new DeadlockError([`transaction ${id}`, `${address} (asked past tx.ref)`, `transaction ${id}`]);
  }
}
