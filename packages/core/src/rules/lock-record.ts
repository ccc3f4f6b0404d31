import type { HeldLock, LockMode } from "../ports/lock-leases.js";

/** One that holds a lock, or may claim it. */
export interface LockTaker {
  /** When the offer, or the claim, was made, in the store's time (ms). */
  readonly since: number;
  /** Until when it may be claimed, in the store's time; `undefined` once it is claimed. */
  readonly claimBy: number | undefined;
  /** The session that claimed it. */
  readonly session: string | undefined;
}

/** What is kept of a lock while it is held. Every store keeps this, in its own form, and follows the functions here. */
export interface LockRecord {
  readonly mode: LockMode;
  readonly fence: number;
  /** Somebody waits for it. */
  readonly wanted: boolean;
  /** By request, in the order they came. */
  readonly takers: ReadonlyMap<string, LockTaker>;
}

/** What the rules need to know: the store's time in ms, and when a session ends by it (`undefined`: it has ended). */
export interface LockNow {
  readonly now: number;
  readonly sessionEnd: (id: string) => number | undefined;
}

/** The record without those whose time is over; `undefined`: the lock is free. */
export function liveRecord(record: LockRecord | undefined, at: LockNow): LockRecord | undefined {
  if (record === undefined) return undefined;
  const takers = new Map([...record.takers].filter(([, taker]) => endOf(taker, at) > at.now));
  return takers.size === 0 ? undefined : { ...record, takers };
}

/**
 * The record after an offer; `undefined`: somebody holds it who does not share it.
 *
 * @param record as {@link liveRecord} gives it
 * @param nextFence above every fence ever given; used unless the offer joins others
 */
export function offered(
  record: LockRecord | undefined,
  { request, mode }: { readonly request: string; readonly mode: LockMode },
  { now, claimMs, nextFence, others }: { now: number; claimMs: number; nextFence: number; others: boolean },
): LockRecord | undefined {
  const known = record?.takers.get(request);
  if (record !== undefined && known === undefined && !(mode === "shared" && record.mode === "shared")) return undefined;
  const base = record ?? { mode, fence: nextFence, wanted: false, takers: new Map<string, LockTaker>() };
  const since = known?.since ?? now;
  const taker = known?.session === undefined ? { since, claimBy: now + claimMs, session: undefined } : known;
  return { ...base, wanted: base.wanted || others, takers: new Map(base.takers).set(request, taker) };
}

/** The record after a claim; `undefined`: the offer is over. */
export function claimed(record: LockRecord | undefined, request: string, session: string): LockRecord | undefined {
  const taker = record?.takers.get(request);
  if (record === undefined || taker === undefined || (taker.session ?? session) !== session) return undefined;
  const own = { since: taker.since, claimBy: undefined, session };
  return { ...record, takers: new Map(record.takers).set(request, own) };
}

/** The record without this taker; `undefined`: the lock is free. */
export function released(record: LockRecord, request: string): LockRecord | undefined {
  const takers = new Map(record.takers);
  takers.delete(request);
  return takers.size === 0 ? undefined : { ...record, takers };
}

/** The record as others see it. */
export function heldLock(name: string, { mode, fence, takers }: LockRecord, at: LockNow): HeldLock {
  const holders = Array.from(takers, ([request, taker]) => ({
    request,
    claimed: taker.session !== undefined,
    remainingMs: endOf(taker, at) - at.now,
    heldMs: at.now - taker.since,
  }));
  return { name, mode, fence, holders };
}

function endOf({ claimBy, session }: LockTaker, { sessionEnd }: LockNow): number {
  if (session === undefined) return claimBy ?? Number.NEGATIVE_INFINITY;
  return sessionEnd(session) ?? Number.NEGATIVE_INFINITY;
}
