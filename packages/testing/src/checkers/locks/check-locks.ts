import { checkDeadlocks } from "./deadlocks.js";
import { checkFencedWrites } from "./fenced-writes.js";
import { checkFences } from "./fences.js";
import { checkFirstCome } from "./first-come.js";
import { checkKnownLoss } from "./known-loss.js";
import { checkNothingLeft } from "./left.js";
import type { LockHistory } from "./lock-history.js";
import type { LockViolation } from "./lock-violation.js";
import { checkOneHolder } from "./one-holder.js";
import { checkPromptGrants } from "./prompt-grants.js";
import { checkWaits } from "./waits.js";

/**
 * All checkers of what was seen of locks at once. Where the store lost writes a request may be held back for a while, for want of
 * one before it that was lost; so nothing is said there of who comes first, and how soon.
 */
export function checkLocks(history: LockHistory): LockViolation[] {
  const always = [
    ...checkFencedWrites(history),
    ...checkFences(history),
    ...checkOneHolder(history),
    ...checkKnownLoss(history),
    ...checkWaits(history),
    ...checkNothingLeft(history),
  ];
  if (history.rewinds.length > 0) return always;
  return [...always, ...checkFirstCome(history), ...checkPromptGrants(history), ...checkDeadlocks(history)];
}
