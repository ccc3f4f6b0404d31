import { excused } from "./excuses.js";
import { exclude, type Hold, holdsOf, overlap } from "./holds.js";
import type { LockHistory } from "./lock-history.js";
import type { LockViolation } from "./lock-violation.js";

/** Two holders at a time of which at least one is exclusive. */
export interface Overlap {
  readonly earlier: Hold;
  readonly later: Hold;
}

/**
 * What a resource sees that does not look at fences: all overlaps, whoever is to blame. Where processes freeze there must be
 * some, since nobody can take a lock from a process that does not run and keep it from going on.
 */
export function findOverlaps(history: Pick<LockHistory, "attempts">): Overlap[] {
  return [...holdsOf(history).values()].flatMap((holds) =>
    holds.flatMap((later, index) =>
      holds
        .slice(0, index)
        .filter((earlier) => exclude(earlier, later) && overlap(earlier, later))
        .map((earlier) => ({ earlier, later })),
    ),
  );
}

/**
 * P10: an exclusive holder that runs is alone, also at a resource that does not look at fences: it learns of its loss before
 * anybody else can have the lock. That is not promised for a holder that is frozen, nor where the store lost writes or an
 * operator took the lock away.
 */
export function checkOneHolder(history: LockHistory): LockViolation[] {
  if (history.rewinds.length > 0) return [];
  return findOverlaps(history)
    .filter(({ earlier, later }) => !excused(history, earlier, later))
    .map(({ earlier, later }) => ({
      name: later.name,
      attempt: later.attempt.id,
      what: `${later.attempt.process} got it while ${earlier.attempt.process} acted as its holder in attempt ${earlier.attempt.id}`,
    }));
}
