import type { CommitDecision } from "@actor-runtime/core";
import { transactionType } from "../transactions/transaction-messages.js";
import type { PartitionScope } from "./scope.js";
import { storedValues } from "./state.js";

/** A partition of coordinators. */
interface Coordinators extends Pick<PartitionScope, "services" | "partition"> {
  readonly activations: { readonly mayStoreCoordinators: boolean };
}

/**
 * Coordinators whose participants have not all said that they changed tell them once more: the store may have lost what was
 * told, or word of it was lost with a worker. What comes twice changes nothing.
 */
export async function recoverCoordinators({ services, partition, activations }: Coordinators): Promise<void> {
  const { ports, types, transactions, log } = services;
  if (!types.has(transactionType) || !activations.mayStoreCoordinators) return;
  try {
    for await (const { address, state } of ports.store.list(partition, `${transactionType}/`)) {
      const committed = storedValues(state)?.committed as CommitDecision | undefined;
      if (committed !== undefined && committed.open.length > 0) transactions.recover(address);
    }
  } catch (error) {
    log.debug({ partition, err: error }, "no look at transactions: the store does not answer");
  }
}
