import type { LockReport } from "../ops/locks.js";
import { tableText } from "./table.js";
import { durationText } from "./units.js";

/** A row for each who holds a lock, and after them for each who waits for it, first come first. */
export function locksText(locks: readonly LockReport[]): string {
  if (locks.length === 0) return "no lock is held or waited for\n";
  return tableText(["LOCK", "MODE", "WORKER", "STATE", "FOR", "LEFT", "FENCE"], locks.flatMap(rowsOf));
}

function rowsOf({ name, held, waiting }: LockReport): (string | number)[][] {
  const holders = held?.holders.map(({ worker, claimed, heldMs, remainingMs }) => {
    // An offer that nobody has claimed yet.
    const state = claimed ? "holds" : "offered";
    return [name, held.mode, worker, state, timeText(heldMs), timeText(remainingMs), held.fence];
  });
  const waiters = waiting.map(({ worker, mode, waitedMs, remainingMs }) => {
    return [name, mode, worker, "waits", timeText(waitedMs), timeText(remainingMs), "-"];
  });
  return [...(holders ?? []), ...waiters];
}

/** A wait that is over may not have been looked at yet, and clocks differ. */
function timeText(ms: number): string {
  return durationText(Math.max(0, ms));
}

/** What became of a lock that was broken. */
export function brokenText({ name, held, waiting }: LockReport): string {
  return (
    `broken: ${name}, which ${workersOf(held?.holders ?? [])} held; fence ${held?.fence} is refused from now on\n` +
    `next: ${workersOf(nextOf(waiting)) || "nobody waits for it"}\n`
  );
}

/** Whoever came first; readers that came one after the other get it together. */
function nextOf(waiting: LockReport["waiting"]): LockReport["waiting"] {
  const writer = waiting.findIndex(({ mode }) => mode === "exclusive");
  return writer < 0 ? waiting : waiting.slice(0, Math.max(1, writer));
}

function workersOf(all: readonly { readonly worker: string }[]): string {
  return [...new Set(all.map(({ worker }) => worker))].join(", ");
}
