import type { LockHistory } from "./lock-history.js";
import type { LockViolation } from "./lock-violation.js";

export interface DeadlockOptions {
  /** How soon a cycle must end after it was closed. Default 1 s. */
  readonly withinMs?: number;
}

/** Of those that wait for each other in a circle, exactly one is refused, and soon; the others get what they wait for. */
export function checkDeadlocks(
  { attempts, cycles }: LockHistory,
  { withinMs = 1_000 }: DeadlockOptions = {},
): LockViolation[] {
  const known = new Map(attempts.map((attempt) => [attempt.id, attempt]));
  return cycles.flatMap(({ attempts: ids }): LockViolation[] => {
    const cycle = ids.map((id) => known.get(id)!);
    const name = cycle.flatMap(({ names }) => names).join(" → ");
    const closedMs = Math.max(...cycle.map(({ begun }) => begun.ms));
    const refused = cycle.filter(({ end }) => end === "deadlock");
    const wrong = cycle.filter(({ end }) => end !== "deadlock" && end !== "granted");
    return [
      ...(refused.length === 1 ? [] : [{ name, what: `${refused.length} of a cycle got a DeadlockError` }]),
      ...refused
        .filter(({ ended }) => ended!.ms > closedMs + withinMs)
        .map(({ id, ended }) => {
          return {
            name,
            attempt: id,
            what: `got its DeadlockError ${ended!.ms - closedMs} ms after the cycle was closed`,
          };
        }),
      ...wrong.map(({ id, end }) => ({ name, attempt: id, what: `was part of a cycle and ended as "${end}"` })),
    ];
  });
}
