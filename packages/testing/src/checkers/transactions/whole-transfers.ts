import { grouped } from "../groups.js";
import type { AccountState, BankHistory, Transfer } from "./bank-history.js";
import type { BankAnomaly, TransactionViolation } from "./transaction-violation.js";

interface Entry {
  readonly address: string;
  readonly transfer: string;
  readonly amount: number;
}

/** A transfer changes all of its accounts by what it should and once, or none of them; and its caller was not told otherwise. */
export function checkWholeTransfers({ transfers, accounts }: BankHistory): TransactionViolation[] {
  const left = grouped(accounts.flatMap(entriesOf), ({ transfer }) => transfer);
  const known = new Set(transfers.map(({ id }) => id));
  const strangers = [...left.keys()].filter((id) => !known.has(id));
  return [
    ...transfers.flatMap((transfer) => checkTransfer(transfer, left.get(transfer.id) ?? [])),
    ...strangers.map((id) =>
      violation("unknown transfer", id, `changed ${addresses(left.get(id)!)}, and nobody began it`),
    ),
  ];
}

function entriesOf({ address, entries }: AccountState): Entry[] {
  return entries.map(({ transfer, amount }) => ({ address, transfer, amount }));
}

function checkTransfer({ id, changes, outcome }: Transfer, entries: readonly Entry[]): TransactionViolation[] {
  const wanted = Object.keys(changes);
  const changed = new Set(entries.map(({ address }) => address));
  const missing = wanted.filter((address) => !changed.has(address));
  const found: TransactionViolation[] = [];
  for (const [address, own] of grouped(entries, (entry) => entry.address)) {
    if (own.length > 1) found.push(violation("repeated transfer", id, `changed ${address} ${own.length} times`));
    const [{ amount }] = own as [Entry];
    if (amount === changes[address]) continue;
    found.push(violation("torn transfer", id, `changed ${address} by ${amount} and not by ${changes[address] ?? 0}`));
  }
  if (entries.length > 0 && missing.length > 0) {
    found.push(violation("torn transfer", id, `changed ${addresses(entries)}, but not ${missing.join(", ")}`));
  }
  if (outcome === "committed" && wanted.length > 0 && entries.length === 0) {
    found.push(violation("told otherwise", id, "its caller was told that it committed, and nothing changed"));
  }
  if (outcome === "aborted" && entries.length > 0) {
    found.push(
      violation("told otherwise", id, `its caller was told that it aborted, and it changed ${addresses(entries)}`),
    );
  }
  return found;
}

function addresses(entries: readonly Entry[]): string {
  return [...new Set(entries.map(({ address }) => address))].join(", ");
}

function violation(anomaly: BankAnomaly, id: string, what: string): TransactionViolation {
  return { anomaly, transactions: [id], what };
}
