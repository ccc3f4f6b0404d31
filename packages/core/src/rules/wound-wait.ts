import type { TransactionContext } from "../model/message.js";

/** `shared`: beside other readers. `exclusive`: alone. */
export type HoldMode = "shared" | "exclusive";

/** A transaction that holds an actor, or wants to. */
export interface Holder extends Pick<TransactionContext, "id" | "since"> {
  readonly mode: HoldMode;
}

/** Readers of one actor at a time: each of them is part of its stored record (P12). */
export const maxReaders = 64;

/** Who began earlier goes first; ids settle a tie, so any two transactions agree everywhere. */
export function isOlder(a: Pick<Holder, "id" | "since">, b: Pick<Holder, "id" | "since">): boolean {
  return a.since === b.since ? a.id < b.id : a.since < b.since;
}

/**
 * Those that a transaction has to wait for; none: it may hold the actor now, or go on as it holds it already.
 *
 * A reader joins other readers, and one of them that wants to write waits for all others. Where readers are too many already,
 * the next waits for one of them: the youngest, so that at most one has to give way.
 */
export function inTheWay(holders: readonly Holder[], wanted: Holder): readonly Holder[] {
  const own = holders.find(({ id }) => id === wanted.id);
  if (own !== undefined && (own.mode === "exclusive" || wanted.mode === "shared")) return [];
  const others = holders.filter(({ id }) => id !== wanted.id);
  if (wanted.mode === "exclusive") return others;
  const writers = others.filter(({ mode }) => mode === "exclusive");
  if (writers.length > 0 || others.length < maxReaders) return writers;
  return [others.reduce((youngest, next) => (isOlder(youngest, next) ? next : youngest))];
}

/**
 * Those in its way that have to give way to it, because they began later; it waits for the others. So whoever waits has
 * begun later than all it waits for, and nobody waits in a circle (Rosenkrantz, Stearns, Lewis: System Level Concurrency
 * Control for Distributed Database Systems, 1978).
 */
export function wounds(holders: readonly Holder[], wanted: Holder): readonly Holder[] {
  return inTheWay(holders, wanted).filter((holder) => isOlder(wanted, holder));
}
