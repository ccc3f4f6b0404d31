/** p50 and p99 of times in ms. A type and no interface, so that it is a record of figures, too. */
export type Percentiles = { readonly p50: number; readonly p99: number };

/** By nearest rank: a time that was measured, of which so many hundredths are not longer. */
export function percentiles(times: readonly number[]): Percentiles {
  const sorted = times.toSorted((a, b) => a - b);
  const rank = (share: number) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
  return { p50: rank(0.5), p99: rank(0.99) };
}
