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

/** All checkers of what was seen of locks at once. */
export function checkLocks(history: LockHistory): LockViolation[] {
  return [
    ...checkFencedWrites(history),
    ...checkFences(history),
    ...checkOneHolder(history),
    ...checkKnownLoss(history),
    ...checkWaits(history),
    ...checkFirstCome(history),
    ...checkPromptGrants(history),
    ...checkDeadlocks(history),
    ...checkNothingLeft(history),
  ];
}
