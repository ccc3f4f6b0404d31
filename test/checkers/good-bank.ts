import { SeededRandom } from "@actor-runtime/embedded";
import type { AccountEntry, AccountState, Audit, BankHistory, Transfer } from "@actor-runtime/testing";

type Open<T> = { -readonly [K in keyof T]: T[K] };

export interface OpenAccount extends Open<Omit<AccountState, "entries">> {
  entries: Open<AccountEntry>[];
}

/** A history of a bank whose parts may be changed, to make a bad one of it. */
export interface OpenBank extends BankHistory {
  transfers: (Open<Transfer> & { changes: Record<string, number> })[];
  accounts: OpenAccount[];
  audits: (Open<Audit> & { balances: Record<string, number> })[];
  received: string[];
}

const opening = 100;

/** Transfers among accounts one after the other, with audits between them. */
export function goodBank(seed: number): OpenBank {
  const random = new SeededRandom(seed);
  const below = (bound: number) => Math.floor(random.next() * bound);
  const accounts = ["a", "b", "c", "d"].map((key): OpenAccount => {
    return { address: `Account/${key}`, opening, balance: opening, entries: [], mayOverdraw: key === "d" };
  });
  const bank: OpenBank = { transfers: [], accounts, audits: [], received: [] };
  for (let count = 1; count <= 20; count++) {
    const id = `t${count}`;
    const [from, to] = [accounts[below(4)]!, accounts[below(4)]!];
    const amount = 1 + below(40);
    const changes = from === to ? { [from.address]: 0 } : { [from.address]: -amount, [to.address]: amount };
    const isRefused = !from.mayOverdraw && from.balance < amount;
    const commits = !isRefused && random.next() < 0.8;
    const told = commits ? "committed" : "aborted";
    bank.transfers.push({ id, changes, outcome: random.next() < 0.2 ? "unknown" : told });
    for (const account of commits ? accounts : []) {
      const change = changes[account.address];
      if (change === undefined) continue;
      const message = `${id}>${account.address}`;
      account.balance += change;
      account.entries.push({ transfer: id, amount: change, told: [message] });
      bank.received.push(message);
    }
    if (random.next() < 0.4) {
      const balances = Object.fromEntries(accounts.map(({ address, balance }) => [address, balance]));
      bank.audits.push({ id: `audit ${id}`, balances });
    }
  }
  return bank;
}
