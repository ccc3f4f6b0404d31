import type { Freeze, LockAttempt, LockHistory } from "./lock-history.js";
import type { LockViolation } from "./lock-violation.js";

export interface WaitOptions {
  /** How long after its time, or after its process woke, an attempt may end: it looks for 50 ms who has the lock. Default 60 ms. */
  readonly boundMs?: number;
}

/** P10: nobody waits past his own deadline, nor on when his signal has aborted; and every attempt ends. */
export function checkWaits({ attempts, freezes }: LockHistory, { boundMs = 60 }: WaitOptions = {}): LockViolation[] {
  return attempts.flatMap((attempt): LockViolation[] => {
    const { id, names, ended, end, process } = attempt;
    const report = (what: string) => [{ name: names.join(", "), attempt: id, what }];
    if (end === "pending") return report(`never ended for ${process}`);
    if (end === "died") return [];
    const lateMs = ended!.ms - dueMs(attempt);
    const isLate = ended!.ms > awake(awake(dueMs(attempt) + boundMs, freezes, process) + boundMs, freezes, process);
    return isLate ? report(`ended (${end}) ${Math.round(lateMs)} ms after its time`) : [];
  });
}

function dueMs({ begun, waitMs, cancelled }: LockAttempt): number {
  const deadline = waitMs === undefined ? Number.POSITIVE_INFINITY : begun.ms + waitMs;
  return Math.min(deadline, cancelled?.ms ?? Number.POSITIVE_INFINITY);
}

/** Then, or when its process runs again. */
function awake(ms: number, freezes: readonly Freeze[], process: string): number {
  return freezes.reduce(
    (due, freeze) => (freeze.process === process && freeze.fromMs <= due && due < freeze.toMs ? freeze.toMs : due),
    ms,
  );
}
