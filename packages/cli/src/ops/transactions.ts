import { type ActorSystem, HttpError, type TransactionDescription } from "@actor-runtime/runtime";

type WithTransactions = Pick<ActorSystem, "transactions" | "cluster">;

/** The most transactions one answer lists. */
const pageSize = 1_000;

/** How much is known: workers that give no answer may hold further actors. */
interface Looked {
  /** When, in ms since 1970 by the store's clock. */
  readonly at: number;
  readonly silent: readonly string[];
}

/** As `/api/transactions` lists them. */
export interface TransactionList extends Looked {
  readonly transactions: readonly TransactionDescription[];
  /** How many there are beyond those listed, as far as workers say. */
  readonly more: number;
}

/** A transaction as `/api/transactions/<id>` describes it. */
export interface TransactionReport extends Looked {
  readonly transaction: TransactionDescription;
}

/** What became of a transaction that an operator decided on, and what it held before. */
export interface Resolved extends Pick<TransactionDescription, "id" | "held"> {
  readonly outcome: "commit" | "abort";
}

/** `GET /api/transactions`: transactions that are not over everywhere, the oldest first. */
export async function listTransactions({ transactions, cluster }: WithTransactions): Promise<Response> {
  const [found, { reports, silent }] = await Promise.all([transactions.list(), cluster.inspectTransactions()]);
  const beyond = reports.reduce((sum, { holds }) => sum + holds.more, 0);
  return Response.json({
    at: latest(reports),
    transactions: found.slice(0, pageSize),
    more: Math.max(0, found.length - pageSize) + beyond,
    silent,
  } satisfies TransactionList);
}

/** `GET /api/transactions/<id>`: all that is known of one. */
export async function showTransaction({ transactions, cluster }: WithTransactions, id: string): Promise<Response> {
  const asked = cluster.inspectTransactions({ transaction: id });
  const [transaction, { reports, silent }] = await Promise.all([transactions.show(id), asked]);
  if (!transaction) throw new HttpError(404, "UNKNOWN_TRANSACTION", `nothing is known of transaction ${id}`);
  return Response.json({ at: latest(reports), transaction, silent } satisfies TransactionReport);
}

/** `POST /api/transactions/<id>/<commit|abort>`: decides instead of its caller. */
export async function resolveTransaction(
  { transactions }: WithTransactions,
  id: string,
  outcome: Resolved["outcome"],
): Promise<Response> {
  // Read before: what it held is free soon after.
  const before = await transactions.show(id);
  await transactions.resolve(id, outcome);
  return Response.json({ id, outcome, held: before?.held ?? [] } satisfies Resolved);
}

function latest(reports: readonly { readonly at: number }[]): number {
  return reports.length === 0 ? Date.now() : Math.max(...reports.map(({ at }) => at));
}
