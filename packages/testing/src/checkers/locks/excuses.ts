import type { Hold } from "./holds.js";
import type { LockBreak, LockHistory } from "./lock-history.js";

/** Whether the lock may have been broken between two steps. */
export function isDuring({ begun, ended }: LockBreak, from: number, to: number): boolean {
  return begun.step < to && from < (ended?.step ?? Number.POSITIVE_INFINITY);
}

/** Whether one of two that held a lock at a time could not know better: it was frozen, or word of a break had not come. */
export function excused(history: Pick<LockHistory, "freezes" | "breaks">, one: Hold, other: Hold): boolean {
  return couldNotKnow(history, one, other) || couldNotKnow(history, other, one);
}

function couldNotKnow(
  { freezes, breaks }: Pick<LockHistory, "freezes" | "breaks">,
  { name, attempt, from, to }: Hold,
  other: Hold,
): boolean {
  const leftMs = attempt.left?.ms ?? Number.POSITIVE_INFINITY;
  const isFrozen = freezes.some(
    ({ process, fromMs, toMs }) => process === attempt.process && attempt.begun.ms <= toMs && fromMs <= leftMs,
  );
  return isFrozen || (other.from > from && breaks.some((broke) => broke.name === name && isDuring(broke, from, to)));
}
