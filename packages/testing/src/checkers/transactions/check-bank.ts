import type { BankHistory } from "./bank-history.js";
import { checkOverdrafts, checkSums } from "./sums.js";
import type { TransactionViolation } from "./transaction-violation.js";
import { checkTransferMessages } from "./transfer-messages.js";
import { checkWholeTransfers } from "./whole-transfers.js";

/**
 * P9: a bank whose transfers are transactions. Each took effect on all its accounts or on none, and as its caller was told; the
 * sum is the same whenever somebody looks at all accounts at once; no account has less than it may; messages leave with
 * their transaction or not at all.
 *
 * @example expect(checkBank(history).map(describeTransactionViolation)).toEqual([])
 */
export function checkBank(history: BankHistory): TransactionViolation[] {
  return [
    ...checkWholeTransfers(history),
    ...checkSums(history),
    ...checkOverdrafts(history),
    ...checkTransferMessages(history),
  ];
}
