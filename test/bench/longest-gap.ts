/** The longest time between two of these moments that follow each other, in whatever order they became known. */
export function longestGap(moments: readonly number[]): number {
  const sorted = moments.toSorted((a, b) => a - b);
  return sorted.slice(1).reduce((longest, moment, index) => Math.max(longest, moment - sorted[index]!), 0);
}
