/** Partitions that one has and another gets. */
export interface Transfer {
  /** Absent: nobody has them. */
  readonly from?: string;
  /** Absent: nobody can own them. */
  readonly to?: string;
  readonly partitions: readonly number[];
}

type Who = (partition: number) => string | undefined;

/** Those of the partitions for which the two differ, by pair. */
export function transfers(partitions: readonly number[], from: Who, to: Who): Transfer[] {
  const found: (Transfer & { readonly partitions: number[] })[] = [];
  for (const partition of partitions) {
    const [had, gets] = [from(partition), to(partition)];
    if (had === gets) continue;
    const known = found.find((transfer) => transfer.from === had && transfer.to === gets);
    if (known) known.partitions.push(partition);
    else {
      found.push({
        ...(had !== undefined && { from: had }),
        ...(gets !== undefined && { to: gets }),
        partitions: [partition],
      });
    }
  }
  return found;
}
