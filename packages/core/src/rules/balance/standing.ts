import { forgiven, outMs, shareAfter } from "./slow-start.js";
import { minRuns } from "./slowness.js";

/** A worker that takes more than so many times as long as its peers steps aside. */
const slowFactor = 3;
/** A single peer may be about to end. */
const minNormal = 2;

/**
 * How a worker of a pool stands to the shared queue.
 *
 * - `normal`: takes its full share.
 * - `aside`: too slow; gets nothing, or only what the others leave (`isSpared`), until `until`.
 * - `probing`: is back since `since`, with a growing share; `since` moves on until enough is measured.
 *
 * `strikes`: how often it stepped aside, less what was forgiven.
 */
export type Standing =
  | { readonly kind: "normal"; readonly since: number; readonly strikes: number }
  | { readonly kind: "aside"; readonly until: number; readonly strikes: number }
  | { readonly kind: "probing"; readonly since: number; readonly strikes: number };

/** A worker begins so. */
export const normalStanding: Standing = { kind: "normal", since: 0, strikes: 0 };

/**
 * What becomes of a worker's standing at `now` (ms of a clock that never goes back), given how slow it is
 * (`slownessOf`; `undefined`: nobody can say).
 *
 * Slower than 3 × its peers, it steps aside for 10 s, twice as long each time up to 5 min; then it is tried again with a tenth of
 * its share until it has run 5 calls, for that many tell whether it is slow; after that the share grows for 10 s, and is whole.
 * Who calls forgets what it measured whenever the standing becomes `probing`, for that is to be measured anew. Every 10 s back in
 * service forgive one time aside.
 *
 * @param runs how many calls the worker ran of late
 */
export function nextStanding(standing: Standing, slowness: number | undefined, runs: number, now: number): Standing {
  if (standing.kind === "aside") {
    return now < standing.until ? standing : { kind: "probing", since: now, strikes: standing.strikes };
  }
  if (slowness !== undefined && slowness > slowFactor) {
    const strikes = forgiven(standing.strikes, now - standing.since);
    return { kind: "aside", until: now + outMs(strikes), strikes: strikes + 1 };
  }
  if (standing.kind !== "probing") return standing;
  // Five long calls may take longer than the share takes to grow, and a whole share of a slow worker is many of them.
  if (runs < minRuns) return { ...standing, since: now };
  if (shareOf(standing, now) === 1) return { ...standing, kind: "normal" };
  return standing;
}

/**
 * Whether a worker that is aside may take nothing at all, by the standings of its peers that can be reached: at least two of them,
 * and half, are normal. Otherwise it had better take what the others leave. At one call at a time they are often all busy for a
 * moment, and then what they leave is a good deal.
 */
export function isSpared(peers: readonly Standing["kind"][]): boolean {
  const normal = peers.filter((kind) => kind === "normal").length;
  return normal >= minNormal && 2 * normal >= peers.length;
}

/** Its share of the load of a normal worker: 0 (aside) to 1. */
export function shareOf(standing: Standing, now: number): number {
  if (standing.kind === "normal") return 1;
  return standing.kind === "aside" ? 0 : shareAfter(now - standing.since);
}
