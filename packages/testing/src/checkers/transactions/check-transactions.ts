import { grouped } from "../groups.js";
import type { Call, History } from "../history.js";
import { messagesOf } from "../messages.js";
import type { AccountState, Audit, BankHistory, Transfer } from "./bank-history.js";
import { checkBank } from "./check-bank.js";
import { checkIsolation } from "./check-isolation.js";
import type { ListTransaction, ListValue } from "./list-history.js";
import type { TransactionAttempt, TransactionCall, TransactionHistory } from "./transaction-history.js";
import type { TransactionViolation } from "./transaction-violation.js";

/** What was seen from outside of actors that transactions share with plain messages. */
export interface SharedActors {
  readonly transactions: TransactionHistory;
  /** Their plain calls: each handler's is an append of its message, each query's a read of all messages. */
  readonly history: Pick<History, "calls">;
  /** In the end, with what they noted of transactions; each has one address for both. */
  readonly accounts: readonly AccountState[];
  /** In the end, by address. */
  readonly lists: Readonly<Record<string, readonly string[]>>;
  /** Messages told in transactions that came. */
  readonly received: readonly string[];
}

/** P9: what transactions did is whole, and as they were told; and it is isolated from each other and from plain messages. */
export function checkTransactions(shared: SharedActors): TransactionViolation[] {
  return [...checkBank(bankOf(shared)), ...checkIsolation(listsOf(shared))];
}

interface Ended {
  readonly outcome: "committed" | "aborted" | "unknown";
  /** The attempt that committed, and when the first caller heard of it. */
  readonly attempt?: string | undefined;
  readonly ended?: number | undefined;
}

/** Of all calls for one transaction: it committed for all if it did for one. */
function endOf(calls: readonly TransactionCall[]): Ended {
  const [committed] = calls.filter(({ outcome }) => outcome === "committed").toSorted((a, b) => a.ended! - b.ended!);
  if (committed !== undefined) return { outcome: "committed", attempt: committed.attempt, ended: committed.ended };
  return { outcome: calls.every(({ outcome }) => outcome === "aborted") ? "aborted" : "unknown" };
}

function bankOf({ transactions: { calls, changes, attempts }, accounts, received }: SharedActors): BankHistory {
  const transfers: Transfer[] = [];
  const audits: Audit[] = [];
  for (const [id, own] of grouped(calls, ({ transaction }) => transaction)) {
    const { outcome, attempt } = endOf(own);
    transfers.push({ id, changes: changes[id]!, outcome });
    const { balances } = attempts[id]?.find((one) => one.id === attempt) ?? { balances: {} };
    audits.push({ id, balances });
  }
  return { transfers, accounts, audits, received };
}

function listsOf({ transactions: { calls, attempts }, history, lists }: SharedActors): ListTransaction[] {
  const ends = new Map(
    [...grouped(calls, ({ transaction }) => transaction)].map(([id, own]) => [
      id,
      { process: own[0]!.process, ...endOf(own) },
    ]),
  );
  const ofTransactions = Object.entries(attempts).flatMap(([transaction, own]) => {
    const { process, outcome, attempt, ended } = ends.get(transaction)!;
    return own.map(({ id, begun, operations }): ListTransaction => {
      const isIt = outcome === "committed" && attempt === id;
      // At most one of them commits.
      const known = outcome === "committed" && !isIt ? "aborted" : outcome;
      return { id, process, begun, operations, outcome: known, ...(isIt && ended !== undefined && { ended }) };
    });
  });
  const appended = new Set(Object.values(attempts).flatMap((own) => own.flatMap(appendsOf)));
  const plain = history.calls.filter(({ address, message }) => lists[address] !== undefined && !appended.has(message));
  const begun =
    Math.max(
      0,
      ...history.calls.map((call) => call.ended?.step ?? call.begun.step),
      ...calls.map((call) => call.ended ?? 0),
    ) + 1;
  const last: ListTransaction = {
    ...{ id: "end", process: "end", begun, ended: begun + 1, outcome: "committed" },
    operations: Object.entries(lists).map(([key, list]) => ({ kind: "read", key, list })),
  };
  return [...ofTransactions, ...plainAppends(plain), ...plain.flatMap(plainRead), last];
}

function appendsOf({ operations }: TransactionAttempt): ListValue[] {
  return operations.flatMap((operation) => (operation.kind === "append" ? [operation.value] : []));
}

function plainAppends(calls: readonly Call[]): ListTransaction[] {
  return messagesOf({ calls }).map(({ address, message, calls: [first, ...others] }): ListTransaction => {
    const all = [first!, ...others];
    const ends = all.flatMap(({ outcome, ended }) => (outcome.state === "answered" ? [ended!.step] : []));
    const refused = all.every(({ outcome }) => outcome.state === "failed" && outcome.effect === "none");
    return {
      ...{ id: message, process: first!.sender, begun: first!.begun.step },
      ...(ends.length > 0 && { ended: Math.min(...ends) }),
      // A tell takes effect some time after it was confirmed.
      outcome: ends.length > 0 ? "committed" : refused ? "aborted" : "unknown",
      operations: [{ kind: "append", key: address, value: message }],
    };
  });
}

function plainRead({ kind, message, sender, address, begun, ended, outcome }: Call): ListTransaction[] {
  if (kind !== "query" || outcome.state !== "answered" || !Array.isArray(outcome.value)) return [];
  const operations = [{ kind: "read", key: address, list: outcome.value as string[] } as const];
  return [{ id: message, process: sender, begun: begun.step, ended: ended!.step, outcome: "committed", operations }];
}
