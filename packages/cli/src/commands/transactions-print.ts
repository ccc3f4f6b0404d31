import type { HeldActor, TransactionDescription } from "@actor-runtime/runtime";
import type { Resolved, TransactionList, TransactionReport } from "../ops/transactions.js";
import { tableText } from "./table.js";
import { countText, durationText } from "./units.js";

// JSON has more.
const mostTransactions = 50;
const mostActors = 8;
const mostWaiting = 3;

/** A row for each actor that a transaction holds, or that has not changed yet. */
export function transactionsText({ transactions, at, more, silent }: TransactionList): string {
  const shown = transactions.slice(0, mostTransactions);
  const hidden = transactions.length - shown.length + more;
  const table = tableText(
    ["TRANSACTION", "PHASE", "AGE", "LEFT", "ACTOR", "MODE", "VOTE", "HELD", "WAITED FOR BY"],
    shown.flatMap((transaction) => rowsOf(transaction, at)),
  );
  return (
    (shown.length > 0 ? table : "no transaction holds an actor\n") +
    (hidden > 0 ? `and ${countText(hidden)} more\n` : "") +
    silentText(silent)
  );
}

function rowsOf(transaction: TransactionDescription, at: number): string[][] {
  const { id, held, open } = transaction;
  const actors = [...held, ...unheld(transaction)];
  const rows = actors.slice(0, mostActors).map((actor) => actorCells(actor));
  const more = actors.length - rows.length;
  if (more > 0) rows.push([`and ${countText(more)} more`, "", "", "", ""]);
  if (rows.length === 0) rows.push(["-", "-", "-", "-", "-"]);
  const head = [id, phaseText(transaction, open.length), ...timeCells(transaction, at)];
  return rows.map((row) => [...head, ...row]);
}

/** Participants of a commit that no worker says are held: the word of it is on its way, or their worker is silent. */
function unheld({ held, open }: TransactionDescription): string[] {
  return open.filter((address) => !held.some((actor) => actor.address === address));
}

function actorCells(actor: HeldActor | string): string[] {
  if (typeof actor === "string") return [actor, "-", "answered", "-", "-"];
  const { address, mode, heldMs, waiting } = actor;
  return [address, mode, voteText(actor), durationText(heldMs), listText(waiting, mostWaiting) || "-"];
}

export function transactionText({ transaction, at, silent }: TransactionReport): string {
  const { id, by, held, open, since, until } = transaction;
  const missing = unheld(transaction);
  const rows: (readonly [name: string, value: string])[] = [["phase", phaseText(transaction, open.length)]];
  if (by !== undefined) rows.push(["gave way to", by]);
  if (since !== undefined) rows.push(["began", `${durationText(Math.max(0, at - since))} ago`]);
  if (until !== undefined) rows.push(["time left", durationText(Math.max(0, until - at))]);
  if (missing.length > 0) rows.push(["not changed", missing.join(", ")]);
  const table = tableText(
    ["ACTOR", "WORKER", "MODE", "DOES", "VOTE", "HELD", "PARKED", "WAITED FOR BY"],
    held.map((actor) => [
      actor.address,
      actor.worker,
      actor.mode,
      actor.changes ? "writes" : "reads",
      voteText(actor),
      durationText(actor.heldMs),
      countText(actor.parked),
      listText(actor.waiting, actor.waiting.length) || "-",
    ]),
  );
  return (
    `${id}\n${rows.map(([name, value]) => `  ${name.padEnd(11)}  ${value}\n`).join("")}` +
    (held.length > 0 ? `\n${table}` : "") +
    silentText(silent)
  );
}

/** What became of a transaction that was decided. */
export function resolvedText({ id, outcome, held }: Resolved): string {
  const addresses = [...new Set(held.map(({ address }) => address))];
  const whose =
    addresses.length === 0 ? "no worker says what it holds" : `${listText(addresses, mostActors)} hear of it`;
  return `${outcome === "commit" ? "committed" : "aborted"}: ${id}; ${whose}\n`;
}

function phaseText({ phase, reason, forced }: TransactionDescription, open: number): string {
  const why = reason === undefined ? "" : ` (${reason})`;
  const left = phase === "committed" && open > 0 ? `, ${countText(open)} to change` : "";
  return `${phase}${why}${forced ? ", forced" : ""}${left}`;
}

/** An answer is the vote for the commit. */
function voteText({ running }: HeldActor): string {
  return running ? "running" : "answered";
}

function timeCells({ since, until }: TransactionDescription, at: number): string[] {
  return [
    since === undefined ? "-" : durationText(Math.max(0, at - since)),
    until === undefined ? "-" : durationText(Math.max(0, until - at)),
  ];
}

function listText(items: readonly string[], most: number): string {
  const more = items.length - most;
  return items.slice(0, most).join(", ") + (more > 0 ? ` and ${countText(more)} more` : "");
}

function silentText(silent: readonly string[]): string {
  return silent.map((worker) => `${worker} did not answer: what is held there is not known\n`).join("");
}
