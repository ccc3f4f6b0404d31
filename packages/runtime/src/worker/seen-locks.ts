import type { Message } from "@actor-runtime/core";

/** The highest fence of each lock that an actor was called under. */
export type SeenLocks = Map<string, number>;

type CarriedLocks = NonNullable<Message["locks"]>;

/** An actor remembers no more than this (P12). */
export const maxSeenLocks = 32;

/** Why a call is refused: `seen` was there before. */
export interface StaleLock {
  readonly lock: string;
  readonly fence: number;
  readonly seen: number;
}

/**
 * Remembers fences that are higher than what is known. Where there is no room the lowest goes, which is the oldest: fences
 * are µs since 1970, and whoever holds that lock, or held it before, asked long ago.
 *
 * @returns whether anything is new
 */
export function see(seen: SeenLocks, locks: CarriedLocks): boolean {
  let changed = false;
  for (const [lock, fence] of locks) {
    if ((seen.get(lock) ?? -1) >= fence) continue;
    if (!seen.has(lock) && seen.size >= maxSeenLocks && !makeRoom(seen, fence)) continue;
    seen.set(lock, fence);
    changed = true;
  }
  return changed;
}

/** The first lock that somebody took later. */
export function findStale(seen: SeenLocks, locks: CarriedLocks): StaleLock | undefined {
  for (const [lock, fence] of locks) {
    const known = seen.get(lock);
    if (known !== undefined && known > fence) return { lock, fence, seen: known };
  }
  return undefined;
}

/** @returns `false`: there is none lower than `fence` that could go */
function makeRoom(seen: SeenLocks, fence: number): boolean {
  const [lock, lowest] = [...seen].reduce((low, next) => (next[1] < low[1] ? next : low));
  return lowest < fence && seen.delete(lock);
}
