import { grouped } from "../groups.js";
import type { LockAttempt, LockHistory } from "./lock-history.js";

/** One lock in one attempt's hands, as far as its caller knew. */
export interface Hold {
  readonly attempt: LockAttempt;
  readonly name: string;
  readonly fence: number;
  readonly from: number;
  /** The step after which its caller did nothing any more as the holder. */
  readonly to: number;
}

/** What was held, by name, in the order of the grants. */
export function holdsOf({ attempts }: Pick<LockHistory, "attempts">): Map<string, Hold[]> {
  const holds = attempts.flatMap((attempt) =>
    Object.entries(attempt.fences).map(([name, fence]): Hold => {
      const to = attempt.left?.step ?? Number.POSITIVE_INFINITY;
      return { attempt, name, fence, from: attempt.ended!.step, to };
    }),
  );
  return grouped(
    holds.toSorted((a, b) => a.from - b.from),
    ({ name }) => name,
  );
}

/** Whether two holds exclude each other. */
export function exclude(one: Hold, other: Hold): boolean {
  return one.attempt.mode === "exclusive" || other.attempt.mode === "exclusive";
}

export function overlap(one: Hold, other: Hold): boolean {
  return one.from < other.to && other.from < one.to;
}
