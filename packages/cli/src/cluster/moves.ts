import type { Placement, View } from "@actor-runtime/core";
import type { MailboxDescription } from "@actor-runtime/runtime";
import { settled } from "./settled.js";
import { sharesOf } from "./shares.js";
import { type Transfer, transfers } from "./transfers.js";

/** What becomes of a mailbox when workers come and go. */
export interface MovesReport {
  readonly mailbox: string;
  readonly partitions: number;
  readonly moves: readonly Transfer[];
  /** How many move. */
  readonly moved: number;
  /** How many would have to move at least, were partitions divisible: by how much the workers' shares n·w/Σw differ. */
  readonly ideal: number;
  /** Partitions that move anyway, because the placement is not settled yet. */
  readonly pending: number;
  readonly workers: readonly { readonly worker: string; readonly before: number; readonly after: number }[];
}

/** Computes with the rule of the workers themselves what would move between two views. */
export function movesReport(description: MailboxDescription, before: View, after: View): MovesReport {
  const { mailbox, placement } = description;
  const now = settled(description, placement, before);
  const then = settled(description, now, after);
  const indexes = Array.from({ length: mailbox.partitions }, (_, index) => index);
  const moves = transfers(
    indexes,
    (partition) => now.owners[partition],
    (partition) => then.owners[partition],
  );
  const count = ({ owners }: Placement, worker: string) => owners.filter((owner) => owner === worker).length;
  const ids = [...before.members, ...after.members].map(({ id }) => id);
  return {
    mailbox: mailbox.name,
    partitions: mailbox.partitions,
    moves,
    moved: moves.reduce((sum, { partitions }) => sum + partitions.length, 0),
    ideal: difference(sharesOf(description, before), sharesOf(description, after)),
    pending: placement ? indexes.filter((index) => placement.owners[index] !== now.owners[index]).length : 0,
    workers: [...new Set(ids)]
      .toSorted()
      .map((worker) => ({ worker, before: count(now, worker), after: count(then, worker) })),
  };
}

/** What must change hands at least. With nobody before or after, all of it is on one side. */
function difference(before: ReadonlyMap<string, number>, after: ReadonlyMap<string, number>): number {
  return Math.max(growth(before, after), growth(after, before));
}

function growth(before: ReadonlyMap<string, number>, after: ReadonlyMap<string, number>): number {
  return [...after].reduce((sum, [id, share]) => sum + Math.max(0, share - (before.get(id) ?? 0)), 0);
}
