import { grouped } from "../groups.js";
import type { LockAttempt, LockHistory } from "./lock-history.js";
import type { LockViolation } from "./lock-violation.js";

export interface FirstComeOptions {
  /** By how much earlier a request must be sent to be sure to come earlier. Default 500 ms. */
  readonly marginMs?: number;
}

/**
 * P10: in a calm time, first come, first served: while one waits nobody gets the lock who asked for it later, unless both only
 * read. The order in which requests come is not visible; so those are compared that were sent clearly one after the other.
 */
export function checkFirstCome(
  { attempts, calm }: LockHistory,
  { marginMs = 500 }: FirstComeOptions = {},
): LockViolation[] {
  return calm.flatMap(({ fromMs, toMs }) => {
    const waiting = attempts.filter(
      ({ names, waitMs, begun, ended }) =>
        names.length === 1 && waitMs !== undefined && begun.ms >= fromMs && ended !== undefined && ended.ms <= toMs,
    );
    return [...grouped(waiting, ({ names }) => names[0]!)].flatMap(([name, own]) => {
      return own.flatMap((earlier) =>
        own
          .filter((later) => later.begun.ms > earlier.begun.ms + marginMs && overtakes(later, earlier))
          .map((later) => ({
            name,
            attempt: later.id,
            what: `got it while attempt ${earlier.id} waited, which had asked ${Math.round(later.begun.ms - earlier.begun.ms)} ms before`,
          })),
      );
    });
  });
}

function overtakes(later: LockAttempt, earlier: LockAttempt): boolean {
  if (later.mode === "shared" && earlier.mode === "shared") return false;
  return later.end === "granted" && later.ended!.step < earlier.ended!.step;
}
