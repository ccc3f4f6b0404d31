import {
  ConflictError,
  decisionOn,
  InvalidArgumentsError,
  NotStartedError,
  noDecision,
  type Participation,
  partitionsOf,
  type Store,
  type TransactionOutcome,
  type TransactionState,
  UnknownTypeError,
} from "@actor-runtime/core";
import type { Directory } from "../client/directory.js";
import type { Cluster } from "../cluster.js";
import type { TransactionsInspection } from "../inspect/inspections.js";
import type { HoldReport } from "../inspect/reports.js";
import type { StoreTime } from "../store-time.js";
import { storedValues } from "../worker/state.js";
import { describeTransactions } from "./describe-transactions.js";
import type { Decided, TransactionCalls } from "./transaction-calls.js";
import { transactionKey, transactionType } from "./transaction-messages.js";
import type { TransactionAdmin, TransactionDescription } from "./transaction-types.js";

/** Participants that changed say so within this time (ms): one that is not held any more is no news until then. */
const wordMs = 2_000;
/** No transaction may take longer (ms), so one of which nobody says how long it may is over by then. */
const longestMs = 300_000;

interface AdminServices {
  readonly store: Pick<Store, "list" | "readStates">;
  readonly directory: Pick<Directory, "mailbox" | "find">;
  readonly cluster: Pick<Cluster, "describe" | "inspectTransactions">;
  readonly time: Pick<StoreTime, "now">;
  readonly calls: Pick<TransactionCalls, "resolve">;
  /** Asks how one of this process ended that was in doubt; `undefined`: it is none, or not any more. */
  readonly inDoubt: (id: string) => Promise<Decided | undefined>;
}

/** `system.transactions`: what coordinators store and workers hold, put together. */
export function transactionAdmin(services: AdminServices): TransactionAdmin {
  const { store, directory, cluster, time, calls, inDoubt } = services;
  return {
    async outcome(id) {
      const own = await inDoubt(id);
      if (own !== undefined) return own.kind;
      const decisions = await decisionsOf(keyOf(id));
      const decided = decisionOn(decisions, id);
      if (decided?.kind === "committed") return "committed";
      const record = decisions.aborted.find((decision) => decision.id === id);
      if (decided !== undefined && (record === undefined || record.certain || record.forced)) return "aborted";
      const { reports } = await cluster.inspectTransactions({ transaction: id });
      // What led to such a record may have come when it had committed everywhere and was forgotten.
      if (reports.every(({ holds }) => holds.items.length === 0)) return "unknown";
      return decided === undefined ? "running" : "aborted";
    },

    async show(id) {
      return describe(id, await decisionsOf(keyOf(id)));
    },

    async list() {
      const decisions = new Map<string, TransactionState>();
      // Read before workers are asked: what was not decided then, and is held after, does run.
      for await (const [key, state] of storedDecisions()) decisions.set(key, state);
      const { reports } = await cluster.inspectTransactions();
      const all = describeTransactions(decisions, reports);
      return all.filter((transaction) => !isOver(transaction, decisions));
    },

    async resolve(id, wanted) {
      const key = keyOf(id);
      const earlier = decisionOn(await decisionsOf(key), id);
      if (earlier !== undefined) return checkDecided(id, wanted, earlier);
      const inspection = await cluster.inspectTransactions({ transaction: id });
      if (wanted === "commit") await checkVotes(id, inspection);
      const holds = inspection.reports.flatMap(({ holds: { items } }) => items);
      if (holds.length === 0 && inspection.silent.length === 0) throw unknown(id);
      const members = membersOf(holds);
      const until = holds[0]?.until ?? time.now() + longestMs;
      checkDecided(id, wanted, await calls.resolve({ id, members, until }, wanted));
    },
  };

  function isOver(
    { id, held, forced }: TransactionDescription,
    decisions: ReadonlyMap<string, TransactionState>,
  ): boolean {
    const committed = decisions.get(keyOf(id))?.committed;
    if (held.length > 0 || forced) return false;
    const waitsLong = committed?.id === id && committed.open.length > 0 && committed.at < time.now() - wordMs;
    return !waitsLong;
  }

  async function describe(id: string, decisions: TransactionState): Promise<TransactionDescription | undefined> {
    const { reports } = await cluster.inspectTransactions({ transaction: id });
    const known = describeTransactions(new Map([[keyOf(id), decisions]]), reports);
    return known.find((transaction) => transaction.id === id);
  }

  async function* storedDecisions(): AsyncGenerator<readonly [key: string, state: TransactionState]> {
    const mailbox = await directory.mailbox(transactionType).catch(unlessUnknown);
    if (mailbox === undefined) return;
    const prefix = `${transactionType}/`;
    for (const partition of partitionsOf(mailbox)) {
      for await (const { address, state } of store.list(partition, prefix)) {
        yield [address.slice(prefix.length), decisionsIn(state)];
      }
    }
  }

  async function decisionsOf(key: string): Promise<TransactionState> {
    const partition = await directory.find(transactionType, key).catch(unlessUnknown);
    if (partition === undefined) return noDecision;
    const [state] = await store.readStates(partition, [`${transactionType}/${key}`]);
    return state === undefined ? noDecision : decisionsIn(state);
  }

  /**
   * A commit takes all participants along, each with its vote: one that is left out would abort.
   *
   * @throws NotStartedError when some are not known, ConflictError when one has not voted
   */
  async function checkVotes(id: string, { reports }: TransactionsInspection): Promise<void> {
    const running = reports.flatMap(({ holds: { items } }) => items).find((hold) => hold.running);
    if (running !== undefined) {
      throw new ConflictError(
        `${running.address} has not voted for the commit of transaction ${id}: its turn still runs`,
      );
    }
    /** How many partitions of each worker are not looked for yet. */
    const said = new Map(reports.map(({ worker, partitions, holds }) => [worker, holds.more > 0 ? 0 : partitions]));
    const { mailboxes } = await cluster.describe();
    for (const holder of mailboxes.flatMap(({ holders }) => holders)) {
      const left = holder && said.get(holder.worker);
      if (!left) throw incomplete(id, holder?.worker);
      said.set(holder.worker, left - 1);
    }
  }
}

/** @throws InvalidArgumentsError */
function keyOf(id: string): string {
  const key = transactionKey(id);
  if (!id.startsWith(`${key}:`) || key === "") {
    throw new InvalidArgumentsError(`transaction: "${id}" must be <key>:<attempt>, as actor-runtime tx ls prints it`);
  }
  return key;
}

/** All that a coordinator stores. */
function decisionsIn(text: string): TransactionState {
  return { ...noDecision, ...(storedValues(text) as Partial<TransactionState> | undefined) };
}

/** An actor that moved meanwhile is there twice. */
function membersOf(holds: readonly HoldReport[]): Readonly<Record<string, Participation>> {
  const members: Record<string, Participation> = {};
  for (const { address } of holds) members[address] = "read";
  for (const { address, changes } of holds) if (changes) members[address] = "write";
  return members;
}

/** @throws ConflictError */
function checkDecided(id: string, wanted: "commit" | "abort", decided: TransactionOutcome): void {
  if (decided.kind === (wanted === "commit" ? "committed" : "aborted")) return;
  const reason = decided.kind === "aborted" ? ` (${decided.reason})` : "";
  throw new ConflictError(`transaction ${id} is ${decided.kind} already${reason}`);
}

/** @param worker has partitions of which it does not say all; `undefined`: nobody has one of them */
function incomplete(id: string, worker: string | undefined): NotStartedError {
  const where = worker === undefined ? "in a partition that nobody holds just now" : `of ${worker}`;
  return new NotStartedError(
    `nothing was decided: it is not known whether further actors ${where} take part in transaction ${id}; try again`,
  );
}

function unknown(id: string): InvalidArgumentsError {
  return new InvalidArgumentsError(`nothing is known of transaction ${id}: it is over everywhere, or never was`);
}

/** Where no worker ever was, nothing was ever decided. */
function unlessUnknown(error: unknown): undefined {
  if (!(error instanceof UnknownTypeError)) throw error;
}
