/**
 * Divides `count` partitions by weight: one after the other goes to whoever has the most weight per partition it already
 * has, `weight / partitions` (Adams' method; Balinski and Young, "Fair Representation", 1982).
 *
 * Of all ways to round shares this is the one that never gives anybody more than its share rounded up and in which a
 * claimant that comes or goes changes nobody else's number the wrong way: what a newcomer gets is all that moves. No way
 * of rounding can also promise at least the share rounded down; this one gives at least `share · (1 − claimants / count)`,
 * and to equal weights exactly their share, rounded up or down.
 *
 * @param weights above 0, by claimant
 * @param tie which of two equal claims comes first (negative: the first), given what both have so far
 * @returns partitions by claimant
 */
export function apportion(
  count: number,
  weights: readonly number[],
  tie: (a: number, b: number, given: readonly number[]) => number,
): number[] {
  const given = weights.map(() => 0);
  for (let n = 0; n < count; n++) {
    let best = 0;
    for (let next = 1; next < weights.length; next++) {
      // Two that have nothing yet claim alike (∞ − ∞ is NaN); the heavier one comes first.
      const claim = weights[next]! / given[next]! - weights[best]! / given[best]! || weights[next]! - weights[best]!;
      if (claim > 0 || (claim === 0 && tie(next, best, given) < 0)) best = next;
    }
    given[best]! += 1;
  }
  return given;
}
