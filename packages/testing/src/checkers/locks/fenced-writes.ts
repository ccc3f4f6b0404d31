import { grouped } from "../groups.js";
import type { History } from "../history.js";
import type { LockHistory, LockWrite } from "./lock-history.js";
import type { LockViolation } from "./lock-violation.js";

/**
 * P10: where fences are looked at, whatever else goes wrong, no write is taken from a holder that a later one has followed, and
 * what two holders write, one of them exclusive, does not mix.
 */
export function checkFencedWrites({ writes }: LockHistory): LockViolation[] {
  const accepted = writes.filter((write) => write.accepted);
  return [...grouped(accepted, ({ name }) => name).values()].flatMap(inTurn);
}

function inTurn(writes: readonly LockWrite[]): LockViolation[] {
  const wrong: LockViolation[] = [];
  const over = new Set<string>();
  let last: LockWrite | undefined;
  for (const write of writes) {
    const { name, attempt, mode, fence } = write;
    const report = (what: string) => void wrong.push({ name, attempt, what });
    if (last !== undefined && fence < last.fence) report(`wrote with fence ${fence} after ${last.fence} had written`);
    if (last !== undefined && attempt !== last.attempt) {
      if (over.has(attempt) && (mode === "exclusive" || last.mode === "exclusive")) {
        report(`wrote again after attempt ${last.attempt} had written`);
      }
      over.add(last.attempt);
    }
    last = write;
  }
  return wrong;
}

/**
 * P10: an actor asked under a lock takes nothing from a stale holder: the fences of its effects, in its order, never fall.
 */
export function checkFencedEffects({ finals }: Pick<History, "finals">): LockViolation[] {
  return finals.flatMap(({ address, effects }) => {
    const fenced = effects.flatMap(({ message, fence }) => (fence === undefined ? [] : { message, fence }));
    return fenced.flatMap(({ message, fence }, index) => {
      const before = fenced[index - 1];
      if (before === undefined || before.fence <= fence) return [];
      const what = `message ${message}, asked under fence ${fence}, took effect at ${address} after ${before.message} under ${before.fence}`;
      return [{ name: address.slice(address.indexOf("/") + 1), what }];
    });
  });
}
