import type { MailboxDescription, PartitionHolder } from "@actor-runtime/runtime";

export interface PartitionRow {
  readonly partition: number;
  readonly owner?: string;
  /** Version of the placement with which it came to its owner. */
  readonly since?: number;
  readonly holder?: PartitionHolder;
}

/** Every partition of a mailbox. */
export function partitionRows({ mailbox, placement, holders }: MailboxDescription): PartitionRow[] {
  return Array.from({ length: mailbox.partitions }, (_, partition) => {
    const owner = placement?.owners[partition];
    const since = placement?.since[partition];
    const holder = holders[partition];
    return {
      partition,
      ...(owner !== undefined && { owner }),
      ...(owner !== undefined && since !== undefined && { since }),
      ...(holder && { holder }),
    };
  });
}
