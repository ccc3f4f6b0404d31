import { currentTurn } from "../worker/turn.js";
import { lockScope } from "./lock-scope.js";
import type { NamedLock } from "./named-lock.js";

/** The locks of the running body and of those around it, and those its turn took for itself. */
export function heldHere(): NamedLock[] {
  const held = (currentTurn.getStore()?.locks ?? []).flatMap((lock) => (lock.held ? lock.locks : []));
  for (let scope = lockScope.getStore(); scope !== undefined; scope = scope.parent) held.push(...scope.held);
  return held;
}
