import type { AccountState, Audit, BankHistory } from "./bank-history.js";
import type { TransactionViolation } from "./transaction-violation.js";

/** Nothing comes from nowhere and nothing is lost, whenever somebody looks. */
export function checkSums({ accounts, audits, transfers }: BankHistory): TransactionViolation[] {
  // Transfers that pay in or out are the only ones that may change the sum, so then it is known in the end only.
  const isClosed = transfers.every(({ changes }) => sum(Object.values(changes)) === 0);
  const opening = sum(accounts.map((account) => account.opening));
  return [
    ...accounts.flatMap(checkBalance),
    ...audits.flatMap((audit) => [
      ...checkAudit(audit, accounts),
      ...(isClosed ? checkTotal(audit, accounts, opening) : []),
    ]),
  ];
}

function checkBalance({ address, opening, balance, entries }: AccountState): TransactionViolation[] {
  const expected = opening + sum(entries.map(({ amount }) => amount));
  if (balance === expected) return [];
  return [
    { anomaly: "wrong balance", transactions: [], what: `${address} has ${balance}, by its entries ${expected}` },
  ];
}

function checkTotal(
  { id, balances }: Audit,
  accounts: readonly AccountState[],
  opening: number,
): TransactionViolation[] {
  if (accounts.some(({ address }) => balances[address] === undefined)) return [];
  const total = sum(Object.values(balances));
  if (total === opening) return [];
  return [
    { anomaly: "wrong sum", transactions: [id], what: `${id} saw ${total} in all accounts instead of ${opening}` },
  ];
}

/** No account is seen with less than it may have. */
function checkAudit({ id, balances }: Audit, accounts: readonly AccountState[]): TransactionViolation[] {
  return accounts.flatMap(({ address, mayOverdraw }): TransactionViolation[] => {
    const balance = balances[address];
    if (mayOverdraw || balance === undefined || balance >= 0) return [];
    return [{ anomaly: "overdrawn", transactions: [id], what: `${id} saw ${balance} in ${address}` }];
  });
}

/** No account ever had less than it may have, whoever looked. */
export function checkOverdrafts({ accounts }: BankHistory): TransactionViolation[] {
  return accounts.flatMap(({ address, opening, entries, mayOverdraw }): TransactionViolation[] => {
    let balance = opening;
    const culprit = entries.find(({ amount }) => (balance += amount) < 0);
    if (mayOverdraw || culprit === undefined) return [];
    return [{ anomaly: "overdrawn", transactions: [culprit.transfer], what: `left ${balance} in ${address}` }];
  });
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
