import { isOverdue, noDecision, type TransactionState } from "@actor-runtime/core";
import { transactionType } from "../transactions/transaction-messages.js";
import type { Activation } from "./activation.js";
import type { PartitionScope } from "./scope.js";
import { storedValues } from "./state.js";
import { StoredAddresses } from "./stored-addresses.js";

/** A partition of coordinators. */
interface Coordinators extends Pick<PartitionScope, "services" | "partition"> {
  readonly coordinators: StoredAddresses;
  readonly activations: Iterable<Activation>;
}

/** Nearly every transaction has a coordinator of its own, and nearly none finds anything stored. */
export function storedCoordinators(): StoredAddresses {
  return new StoredAddresses(`${transactionType}/`);
}

/** The partition is consumed: from here on it pays to know which coordinators have stored state. */
export function learnCoordinators({ services, partition, coordinators }: Coordinators): void {
  const { ports, log } = services;
  coordinators
    .learn((prefix) => ports.store.list(partition, prefix))
    .catch((error) => log.debug({ partition, err: error }, "each coordinator is looked for in the store"));
}

/**
 * Coordinators whose participants have not all said that they changed tell them once more, and those that should have forgotten
 * do: the store may have lost what was told, or word of it was lost with a worker. What comes twice changes nothing.
 */
export async function recoverCoordinators(partition: Coordinators): Promise<void> {
  const { ports, types, transactions, time, log } = partition.services;
  if (!types.has(transactionType) || !mayBeStored(partition)) return;
  try {
    for await (const { address, state } of ports.store.list(partition.partition, `${transactionType}/`)) {
      const stored: TransactionState = { ...noDecision, ...storedValues(state) };
      if (isOverdue(stored, time.now())) transactions.recover(address);
    }
  } catch (error) {
    log.debug({ partition: partition.partition, err: error }, "no look at transactions: the store does not answer");
  }
}

/** Whether any coordinator may have stored state. */
function mayBeStored({ coordinators, activations }: Coordinators): boolean {
  if (!coordinators.isEmpty) return true;
  for (const { hosted, stored } of activations) if (stored && hosted.definition.name === transactionType) return true;
  return false;
}
