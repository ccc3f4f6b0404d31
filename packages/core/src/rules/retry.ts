/** How long to wait between attempts. */
export interface Backoff {
  /** Bound of the first wait in ms. */
  readonly firstMs: number;
  /** Bound of any wait in ms. */
  readonly maxMs: number;
}

/**
 * Exponential backoff with full jitter: a random time up to `first · 2^attempt`, so that callers that failed together do
 * not come back together (Brooker, "Exponential Backoff and Jitter", AWS Architecture Blog, 2015).
 *
 * @param attempt failed attempts so far, from 1
 * @param random a number in [0, 1)
 * @returns ms to wait, at least 1
 */
export function retryDelayMs(attempt: number, backoff: Backoff, random: number): number {
  const bound = Math.min(backoff.maxMs, backoff.firstMs * 2 ** Math.min(attempt - 1, 40));
  return Math.max(1, Math.round(bound * random));
}
