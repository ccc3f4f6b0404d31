import type { MailboxReport } from "../cluster/mailbox-report.js";
import type { MovesReport } from "../cluster/moves.js";
import { partitionRanges } from "../cluster/partition-ranges.js";
import type { PartitionRow } from "../cluster/partition-rows.js";
import type { Whereabouts } from "../cluster/whereabouts.js";
import { percent, printTable } from "./table.js";

const nobody = "(nobody)";

type Mailbox = MailboxReport & { readonly rows?: readonly PartitionRow[] };

export function printMailboxes(reports: readonly Mailbox[]): void {
  if (reports.length === 0) line("no worker has ever hosted a type in this namespace");
  for (const { mailbox, types, partitions, placement, workers, handoffs, unheld, unowned, rows } of reports) {
    const of = types.length === 1 && types[0] === mailbox ? "" : ` (${types.join(", ")})`;
    const version = placement === 0 ? "no placement yet" : `placement ${placement}`;
    line(`${mailbox}${of}: ${partitions} partitions, ${version}`);
    printTable(
      ["WORKER", "SHARE", "COUNT", "CAP", "PARTITIONS"],
      workers.map(({ worker, assigned, share, cap }) => [
        worker,
        percent(share),
        assigned.length,
        cap,
        partitionRanges(assigned),
      ]),
    );
    for (const { from = nobody, to = nobody, partitions: moving } of handoffs) {
      line(`handoff under way from ${from} to ${to}: ${partitionRanges(moving)}`);
    }
    if (unheld.length > 0) line(`owned, but held by nobody yet: ${partitionRanges(unheld)}`);
    if (unowned.length > 0 && placement > 0) line(`without owner: ${partitionRanges(unowned)}`);
    if (rows) printPartitions(rows);
  }
}

function printPartitions(rows: readonly PartitionRow[]): void {
  printTable(
    ["PARTITION", "OWNER", "SINCE", "HOLDER", "FENCE"],
    rows.map(({ partition, owner = nobody, since = "-", holder }) => [
      partition,
      owner,
      since,
      holder?.worker ?? nobody,
      holder?.fence ?? "-",
    ]),
  );
}

export function printMoves(reports: readonly MovesReport[]): void {
  for (const { mailbox, partitions, moves, moved, ideal, pending, workers } of reports) {
    const part = percent(moved / partitions);
    line(`${mailbox}: ${moved} of ${partitions} partitions would move (${part}), ideal ${ideal.toFixed(1)}`);
    if (pending > 0) line(`besides ${pending} that move anyway once the view has been quiet`);
    printTable(
      ["WORKER", "NOW", "THEN"],
      workers.map(({ worker, before, after }) => [worker, before, after]),
    );
    for (const { from = nobody, to = nobody, partitions: moving } of moves) {
      line(`${from} → ${to}: ${partitionRanges(moving)}`);
    }
  }
}

interface ActorPlace extends Whereabouts {
  readonly address: string;
  readonly partitions: number;
  readonly queue?: string;
}

export function printAddress(place: ActorPlace): void {
  const { address, hash, partition, partitions, queue, owner, since, holder, why } = place;
  line(address);
  const rows = [
    ["  hash", String(hash)],
    ["  partition", `${partition} = ${hash} mod ${partitions}`],
    ...(queue === undefined ? [] : [["  queue", queue]]),
    ["  owner", owner === undefined ? nobody : `${owner}, since placement ${since}`],
    [
      "  holder",
      holder ? `${holder.worker}, fence ${holder.fence}, ${(holder.remainingMs / 1_000).toFixed(1)} s left` : nobody,
    ],
    ["  why", why.join("; ")],
  ];
  for (const [name = "", value] of rows) line(`${name.padEnd(11)}  ${value}`);
}

function line(text: string): void {
  process.stdout.write(`${text}\n`);
}
