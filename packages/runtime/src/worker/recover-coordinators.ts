import { transactionType } from "../transactions/transaction-messages.js";
import type { PartitionScope } from "./scope.js";

/**
 * Coordinators with a decision that not everybody has heard of tell it once more: the store may have lost what they told, or
 * the acknowledgements. Word that comes twice changes nothing.
 */
export async function recoverCoordinators({ services, partition, alive }: PartitionScope): Promise<void> {
  const { ports, types, transactions, log } = services;
  if (!alive || !types.has(transactionType)) return;
  try {
    for await (const { address } of ports.store.list(partition, `${transactionType}/`)) {
      transactions.recover(address);
    }
  } catch (error) {
    log.warn({ partition, err: error }, "transactions could not be looked through; they are when it is taken anew");
  }
}
