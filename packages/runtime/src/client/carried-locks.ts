import { type Message, maxMessageLocks, TooLargeError } from "@actor-runtime/core";
import { currentLocks } from "../locks/lock-scope.js";

/**
 * The locks a call is made under: those of the body that runs now, and those of the message whose turn makes the call.
 *
 * @throws LockLostError when the running body has lost one
 * @throws TooLargeError when there are more than a message may carry
 */
export function carriedLocks(inherited?: Message["locks"]): Message["locks"] {
  const own = currentLocks();
  if (own === undefined) return inherited;
  const locks: [string, number][] = [];
  for (const [name, fence] of [...own, ...(inherited ?? [])]) {
    if (!locks.some((known) => known[0] === name && known[1] === fence)) locks.push([name, fence]);
  }
  if (locks.length > maxMessageLocks) {
    throw new TooLargeError(
      `a call may be made under at most ${maxMessageLocks} locks, not ${locks.length}; take one lock for them together`,
    );
  }
  return locks;
}
