import type { BankAnomaly } from "@actor-runtime/testing";
import type { OpenBank } from "../good-bank.js";
import type { PickOne } from "../mistake.js";

/** One way in which the history of a bank can be bad. */
export interface BankMistake {
  readonly anomaly: BankAnomaly;
  readonly title: string;
  /** Spoils a good history and returns what of it should be named; `undefined` when there is nothing to spoil. */
  readonly make: (bank: OpenBank, pick: PickOne) => string | undefined;
}

export const bankMistakes: readonly BankMistake[] = [
  {
    anomaly: "torn transfer",
    title: "a transfer that only one account knows",
    make(bank, pick) {
      const [account, entry] = pick(entries(bank, 2)) ?? [];
      if (account === undefined || entry === undefined) return undefined;
      account.entries = account.entries.filter((other) => other !== entry);
      return entry.transfer;
    },
  },
  {
    anomaly: "torn transfer",
    title: "another amount than was asked for",
    make(bank, pick) {
      const [, entry] = pick(entries(bank)) ?? [];
      if (entry === undefined) return undefined;
      entry.amount += 1;
      return entry.transfer;
    },
  },
  {
    anomaly: "repeated transfer",
    title: "a transfer that an account made twice",
    make(bank, pick) {
      const [account, entry] = pick(entries(bank)) ?? [];
      account?.entries.push({ ...entry! });
      return entry?.transfer;
    },
  },
  {
    anomaly: "told otherwise",
    title: "a transfer that took effect although its caller was told that it aborted",
    make(bank, pick) {
      const transfer = pick(bank.transfers.filter(({ outcome, id }) => outcome === "committed" && isIn(bank, id)));
      if (transfer !== undefined) transfer.outcome = "aborted";
      return transfer?.id;
    },
  },
  {
    anomaly: "told otherwise",
    title: "a transfer that left nothing although its caller was told that it committed",
    make(bank, pick) {
      const transfer = pick(bank.transfers.filter(({ outcome, id }) => outcome === "aborted" && !isIn(bank, id)));
      if (transfer !== undefined) transfer.outcome = "committed";
      return transfer?.id;
    },
  },
  {
    anomaly: "unknown transfer",
    title: "a transfer that nobody made",
    make(bank, pick) {
      pick(bank.accounts)!.entries.push({ transfer: "nobody's", amount: 0 });
      return "nobody's";
    },
  },
  {
    anomaly: "wrong sum",
    title: "an audit that sees half of a transfer",
    make(bank, pick) {
      const audit = pick(bank.audits);
      if (audit !== undefined) audit.balances["Account/a"]! -= 3;
      return audit?.id;
    },
  },
  {
    anomaly: "wrong balance",
    title: "a balance that is not what its entries say",
    make(bank, pick) {
      const account = pick(bank.accounts)!;
      account.balance += 5;
      return account.address;
    },
  },
  {
    anomaly: "overdrawn",
    title: "a withdrawal that should have been refused",
    make(bank, pick) {
      const [account, entry] = pick(entries(bank).filter(([{ mayOverdraw }]) => !mayOverdraw)) ?? [];
      if (entry !== undefined) entry.amount -= 1_000;
      return entry && account!.address;
    },
  },
  {
    anomaly: "overdrawn",
    title: "an audit that sees less than nothing",
    make(bank, pick) {
      const audit = pick(bank.audits);
      if (audit !== undefined) audit.balances["Account/a"] = -1;
      return audit?.id;
    },
  },
  {
    anomaly: "lost message",
    title: "a message that never came",
    make(bank, pick) {
      const lost = pick(bank.received);
      bank.received = bank.received.filter((message) => message !== lost);
      return lost;
    },
  },
  {
    anomaly: "repeated message",
    title: "a message that came twice",
    make(bank, pick) {
      const repeated = pick(bank.received);
      if (repeated !== undefined) bank.received.push(repeated);
      return repeated;
    },
  },
  {
    anomaly: "stray message",
    title: "a message of a transaction that aborted",
    make(bank, pick) {
      const transfer = pick(bank.transfers.filter(({ id }) => !isIn(bank, id)));
      if (transfer === undefined) return undefined;
      bank.received.push(`${transfer.id}>Account/a`);
      return `${transfer.id}>Account/a`;
    },
  },
];

/** Entries of transfers that changed at least so many accounts, each with its account. */
function entries({ accounts, transfers }: OpenBank, atLeast = 1) {
  const wide = new Set(transfers.filter(({ changes }) => Object.keys(changes).length >= atLeast).map(({ id }) => id));
  return accounts.flatMap((account) =>
    account.entries.filter(({ transfer }) => wide.has(transfer)).map((entry) => [account, entry] as const),
  );
}

function isIn({ accounts }: OpenBank, id: string): boolean {
  return accounts.some((account) => account.entries.some(({ transfer }) => transfer === id));
}
