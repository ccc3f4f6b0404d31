import type { LockHistory } from "./lock-history.js";
import type { LockViolation } from "./lock-violation.js";

/** When all is over nothing is left of a lock: no holder, no waiter, no session, no state of its actor. */
export function checkNothingLeft({ left: { locks, sessions, actors } }: LockHistory): LockViolation[] {
  return [
    ...locks.map((name) => ({ name, what: "is held or waited for although everything has ended" })),
    ...sessions.map((id) => ({ name: "of any name", what: `session ${id} is left although everything has ended` })),
    ...actors.map((address) => ({ name: address, what: "its actor has state although nobody waits" })),
  ];
}
