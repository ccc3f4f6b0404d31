const leastMs = 100;
const mostMs = 30_000;
/** Where nobody knows how fast it goes. */
const unknownMs = 1_000;

/**
 * When to come back to what is full: the time in which a tenth of it is done, from 0.1 to 30 s, for room for one would be gone
 * at once.
 *
 * @param eachMs how long one takes; 0: nobody knows
 */
export function retryAfterMs(waiting: number, eachMs: number): number {
  if (eachMs === 0) return unknownMs;
  return Math.round(Math.min(mostMs, Math.max(leastMs, (waiting * eachMs) / 10)));
}
