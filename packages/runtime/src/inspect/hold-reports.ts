import { isOlder } from "@actor-runtime/core";
import type { Activation } from "../worker/activation.js";
import type { Hold, Holding } from "../worker/hold.js";
import { LoadCount } from "./load.js";
import type { HoldReport } from "./reports.js";

/** The most transactions listed that wait for one actor. */
const mostWaiting = 20;

/**
 * A line for each transaction that holds the actor.
 *
 * @param activation `undefined`: the actor is not in memory
 * @param now in ms by the clock's `monotonic()`
 */
export function holdReports(hold: Hold, activation: Activation | undefined, now: number): HoldReport[] {
  const load = new LoadCount();
  if (activation) load.add(activation);
  const waiting = activation?.transactional?.toSorted((a, b) => (isOlder(a, b) ? -1 : 1)) ?? [];
  const ids = [...new Set(waiting.map(({ id }) => id))];
  return hold.holders.map((holding) => ({
    transaction: holding.id,
    since: holding.since,
    until: holding.until,
    address: hold.address,
    mode: holding.mode,
    changes: holding.mode === "exclusive" && hold.tentative !== undefined,
    running: activation !== undefined && runs(activation, holding),
    heldMs: Math.max(0, now - holding.heldSince),
    // A reader that wants to write waits for the others.
    waiting: ids.filter((id) => id !== holding.id).slice(0, mostWaiting),
    parked: load.waiting + load.parked,
  }));
}

/** It has not answered yet. */
function runs({ running, queries }: Activation, { id, hold }: Holding): boolean {
  const turns = [running, ...(queries ?? [])];
  return turns.some((turn) => turn?.transaction?.id === id) && !hold.own?.finished;
}

/** The oldest transactions first. */
export function inOrderOfAge(a: HoldReport, b: HoldReport): number {
  return a.since - b.since || compare(a.transaction, b.transaction) || compare(a.address, b.address);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
