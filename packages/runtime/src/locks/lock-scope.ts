import { AsyncLocalStorage } from "node:async_hooks";
import type { NamedLock } from "./named-lock.js";

/** What the code running now holds, with the bodies it is nested in. */
export interface HeldScope {
  readonly locks: readonly (readonly [name: string, fence: number])[];
  readonly held: readonly NamedLock[];
  /** @throws LockLostError when one of them is lost */
  check(): void;
  readonly parent: HeldScope | undefined;
}

export const lockScope = new AsyncLocalStorage<HeldScope | undefined>();

/**
 * What the body of a lock holds that runs now, innermost first; `undefined` outside of one.
 *
 * @throws LockLostError when one of the locks is lost: nothing may be sent under it any more
 */
export function currentLocks(): HeldScope["locks"] | undefined {
  const scope = lockScope.getStore();
  if (scope === undefined) return undefined;
  scope.check();
  let { locks } = scope;
  for (let outer = scope.parent; outer !== undefined; outer = outer.parent) {
    outer.check();
    locks = [...locks, ...outer.locks];
  }
  return locks;
}
