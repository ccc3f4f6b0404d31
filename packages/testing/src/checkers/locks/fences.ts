import { excused } from "./excuses.js";
import { exclude, type Hold, holdsOf, overlap } from "./holds.js";
import type { LockHistory } from "./lock-history.js";
import type { LockViolation } from "./lock-violation.js";

/**
 * P10: the fences of a lock rise from grant to grant; only readers that hold it together share one, and they do. Where the store
 * lost writes, readers may join others of before, with their fence.
 */
export function checkFences(history: LockHistory): LockViolation[] {
  const isRewound = history.rewinds.length > 0;
  return [...holdsOf(history).values()].flatMap((holds) => {
    if (isRewound) return rise(holds.filter(({ attempt }) => attempt.mode === "exclusive"));
    return [...rise(holds), ...shared(holds, history)];
  });
}

function violation({ name, attempt }: Hold, what: string): LockViolation {
  return { name, attempt: attempt.id, what };
}

function rise(holds: readonly Hold[]): LockViolation[] {
  const wrong: LockViolation[] = [];
  let highest: Hold | undefined;
  for (const hold of holds) {
    if (highest !== undefined && hold.fence < highest.fence) {
      wrong.push(violation(hold, `got fence ${hold.fence} after ${highest.fence} was granted`));
    } else if (highest !== undefined && hold.fence === highest.fence && exclude(hold, highest)) {
      wrong.push(violation(hold, `got fence ${hold.fence}, which attempt ${highest.attempt.id} had got before`));
    }
    if (highest === undefined || hold.fence > highest.fence) highest = hold;
  }
  return wrong;
}

function shared(holds: readonly Hold[], history: LockHistory): LockViolation[] {
  const readers = holds.filter(({ attempt }) => attempt.mode === "shared");
  return readers.flatMap((later, index) => {
    const other = readers
      .slice(0, index)
      .find((earlier) => overlap(earlier, later) && earlier.fence !== later.fence && !excused(history, earlier, later));
    if (other === undefined) return [];
    return [violation(later, `read with fence ${later.fence} beside attempt ${other.attempt.id} with ${other.fence}`)];
  });
}
