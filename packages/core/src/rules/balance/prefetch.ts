/** No more are fetched ahead, whatever it costs (messages): what one worker holds no other can take. */
const maxPrefetch = 64;
/** While the way from the broker takes at most this part of a run, waiting for it is cheaper than messages held back. */
const negligible = 0.05;

export interface PrefetchInput {
  /** How many runs at once. */
  readonly concurrency: number;
  /** Mean time of a run in ms; `undefined`: not known yet. */
  readonly serviceMs: number | undefined;
  /** From an ack to the delivery it makes room for, in ms. */
  readonly roundTripMs: number;
  /** What it is now. */
  readonly current: number;
  /** Of a normal worker's load (`shareOf`). @default 1 */
  readonly share?: number;
}

/**
 * How many unacked messages a worker of a shared queue may have. As many as it runs at once, plus those it would run while the
 * next ones are on their way (Little's law: concurrency × round trip / service time), at most 64 or the concurrency.
 *
 * More is fetched at once when it is needed; less only when the part fetched ahead is less than half of what it was. A worker
 * with a part of the load has that part of it, and at least 1.
 */
export function prefetchOf({ concurrency, serviceMs, roundTripMs, current, share = 1 }: PrefetchInput): number {
  if (share < 1) return Math.max(1, Math.round(concurrency * share));
  const most = Math.max(maxPrefetch, concurrency);
  const wanted = Math.min(most, concurrency + aheadOf(concurrency, serviceMs, roundTripMs));
  const isNear = current >= wanted && current <= most && wanted - concurrency >= (current - concurrency) / 2;
  return isNear ? current : wanted;
}

function aheadOf(concurrency: number, serviceMs: number | undefined, roundTripMs: number): number {
  if (serviceMs === undefined || roundTripMs <= serviceMs * negligible) return 0;
  return serviceMs > 0 ? Math.ceil((concurrency * roundTripMs) / serviceMs) : maxPrefetch;
}
