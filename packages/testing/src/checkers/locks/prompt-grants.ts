import { holdsOf } from "./holds.js";
import type { LockHistory } from "./lock-history.js";
import type { LockViolation } from "./lock-violation.js";

export interface PromptOptions {
  /** How long somebody may wait for a lock that nobody holds. Default 1 s. */
  readonly withinMs?: number;
}

/** In a calm time nobody waits long for a lock that is free: none was given to somebody who had gone. */
export function checkPromptGrants(history: LockHistory, { withinMs = 1_000 }: PromptOptions = {}): LockViolation[] {
  return [...holdsOf(history).values()].flatMap((holds) =>
    holds.flatMap(({ attempt, name, from }) => {
      const { begun, ended, id, names } = attempt;
      const isCalm = history.calm.some(({ fromMs, toMs }) => fromMs <= begun.ms && ended!.ms <= toMs);
      if (!isCalm || names.length > 1) return [];
      const before = holds.filter((other) => other.from < from).map((other) => other.attempt.left?.ms ?? 0);
      const freeMs = ended!.ms - Math.max(begun.ms, ...before);
      if (freeMs <= withinMs) return [];
      return [{ name, attempt: id, what: `got it only after ${Math.round(freeMs)} ms in which nobody held it` }];
    }),
  );
}
