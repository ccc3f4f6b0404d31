import { isDuring } from "./excuses.js";
import type { LockHistory } from "./lock-history.js";
import type { LockViolation } from "./lock-violation.js";

/** Word of a break is as long as this on its way at most, also to who has just been told that the lock is his (ms). */
const wordMs = 1_000;

/**
 * P10: a holder whose signal has not aborted holds the lock by the store's own clock: it learned of its loss before its session
 * ended. Not promised where the store lost writes; word of an operator's break takes its time.
 */
export function checkKnownLoss({ attempts, writes, rewinds, breaks }: LockHistory): LockViolation[] {
  if (rewinds.length > 0) return [];
  const byId = new Map(attempts.map((attempt) => [attempt.id, attempt]));
  return writes.flatMap(({ attempt, name, fence, at, believed, held }) => {
    if (!believed || held) return [];
    const { begun, ended } = byId.get(attempt)!;
    const known = breaks.some((broke) => {
      if (broke.name !== name) return false;
      const isRecent = broke.ended === undefined || at.ms <= broke.ended.ms + wordMs;
      return isDuring(broke, ended?.step ?? 0, at.step) || (isRecent && isDuring(broke, begun.step, at.step));
    });
    if (known) return [];
    return [
      { name, attempt, what: `acted as its holder with fence ${fence} at ${at.ms} ms, but was not by the store` },
    ];
  });
}
