import type { HeldLock, LockHolder } from "@actor-runtime/core";
import { lastsUntil } from "./quorum-session.js";

/**
 * What several servers say about one lock, as one.
 *
 * @param needed on how many of them a holder must be to count
 */
export function mergedHeld(views: readonly HeldLock[], needed: number): HeldLock | undefined {
  const holders = new Map<string, LockHolder[]>();
  for (const { holders: seen } of views) {
    for (const holder of seen) holders.set(holder.request, [...(holders.get(holder.request) ?? []), holder]);
  }
  const many = Math.max(1, needed);
  const counted = new Map([...holders].filter(([, seen]) => seen.length >= many));
  const agreeing = views.filter(({ holders: seen }) => seen.some(({ request }) => counted.has(request)));
  const [first] = agreeing;
  if (first === undefined) return undefined;
  return {
    name: first.name,
    mode: first.mode,
    // A server that was given the lock later, to repair it, has a higher one.
    fence: Math.min(...agreeing.map(({ fence }) => fence)),
    holders: Array.from(counted, ([request, seen]) => ({
      request,
      claimed: seen.filter(({ claimed }) => claimed).length >= many,
      remainingMs: lastsUntil(
        seen.map(({ remainingMs }) => remainingMs),
        many,
      ),
      heldMs: Math.max(...seen.map(({ heldMs }) => heldMs)),
    })),
  };
}
