import { isDuring } from "./excuses.js";
import type { LockHistory } from "./lock-history.js";
import type { LockViolation } from "./lock-violation.js";

/**
 * P10: a holder whose signal has not aborted holds the lock by the store's own clock: it learned of its loss before its session
 * ended. Not promised where the store lost writes; word of an operator's break takes its time.
 */
export function checkKnownLoss({ attempts, writes, rewinds, breaks }: LockHistory): LockViolation[] {
  if (rewinds.length > 0) return [];
  const granted = new Map(attempts.map(({ id, ended }) => [id, ended?.step ?? 0]));
  return writes.flatMap(({ attempt, name, fence, at, believed, held }) => {
    if (!believed || held) return [];
    const since = granted.get(attempt) ?? 0;
    if (breaks.some((broke) => broke.name === name && isDuring(broke, since, at.step))) return [];
    return [
      { name, attempt, what: `acted as its holder with fence ${fence} at ${at.ms} ms, but was not by the store` },
    ];
  });
}
