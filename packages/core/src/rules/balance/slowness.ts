import type { HandlerTime } from "./service-times.js";

/** A mean of fewer runs than this is not compared. */
export const minRuns = 5;
/** With fewer peers nobody can say who of them is the odd one. */
const minPeers = 2;

/**
 * How many times as long as its peers a worker takes for the same work: the time it spent, over the time that the runs would
 * have taken at the median of the peers, handler by handler. 1 is normal; `undefined`: there is nothing to compare.
 *
 * A handler counts when this worker has run it at least 5 times of late, and so have at least 2 peers. Of exponential times the
 * mean of 5 is three times too long once in 1,000, that of the usual 20 or more practically never; and a median of 2 is not
 * moved by a peer that is faster, and only half by one that is slower, than the others.
 */
export function slownessOf(
  own: readonly HandlerTime[],
  peers: readonly (readonly HandlerTime[])[],
): number | undefined {
  let spentMs = 0;
  let usualMs = 0;
  for (const { handler, meanMs, count } of own) {
    if (count < minRuns) continue;
    const means = peers.flatMap(
      (times) => times.find((time) => time.handler === handler && time.count >= minRuns)?.meanMs ?? [],
    );
    if (means.length < minPeers) continue;
    spentMs += count * meanMs;
    usualMs += count * median(means);
  }
  return usualMs > 0 ? spentMs / usualMs : undefined;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
