/** How long the first exclusion lasts, and the longest (ms). */
const firstOutMs = 10_000;
const maxOutMs = 5 * 60_000;
/** How long it takes to come back to a full share (ms), and the share to begin with. */
const rampMs = 10_000;
const firstShare = 0.1;
/** One time out is forgiven for so long in service (ms). */
const forgivenMs = 10_000;

/** For how long a worker is out that was out `before` times of late: 10 s, doubling, at most 5 min. In ms. */
export function outMs(before: number): number {
  return Math.min(maxOutMs, firstOutMs * 2 ** before);
}

/**
 * The share of its normal load for a worker that is back since `backMs`: a tenth, growing evenly to all of it within 10 s. It is
 * the slow start of Envoy (`slow_start_config`, aggression 1, `min_weight_percent` 10) and HAProxy (`slowstart`): a worker with
 * cold caches, or one that is still ill, meets a few calls first.
 */
export function shareAfter(backMs: number): number {
  return Math.min(1, firstShare + ((1 - firstShare) * Math.max(0, backMs)) / rampMs);
}

/** How many times out are still held against a worker that has been back for `backMs`: every 10 s forgive one. */
export function forgiven(times: number, backMs: number): number {
  return Math.max(0, times - Math.floor(backMs / forgivenMs));
}
