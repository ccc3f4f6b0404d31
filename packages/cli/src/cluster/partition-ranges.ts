/** Ascending numbers in few words: `0-3, 7, 9-10`; `-` for none. */
export function partitionRanges(partitions: readonly number[]): string {
  const ranges: [from: number, to: number][] = [];
  for (const partition of partitions) {
    const last = ranges.at(-1);
    if (last && last[1] + 1 === partition) last[1] = partition;
    else ranges.push([partition, partition]);
  }
  return ranges.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(", ") || "-";
}
