/** A mailbox: where the messages of one type (or of several that share it by name) wait, cut into partitions. */
export interface Mailbox {
  readonly name: string;
  /** Raised when the partition count or the queue arguments change; part of every name derived from the mailbox. */
  readonly generation: number;
  readonly partitions: number;
}

/** The text form `<mailbox>:g<generation>:<PP>`, for example `Account:g1:07`: queue, Redis tag and stream are named after it. */
export type PartitionId = string;

export function partitionId(mailbox: Mailbox, index: number): PartitionId {
  return `${mailbox.name}:g${mailbox.generation}:${String(index).padStart(2, "0")}`;
}

export function partitionsOf(mailbox: Mailbox): PartitionId[] {
  return Array.from({ length: mailbox.partitions }, (_, index) => partitionId(mailbox, index));
}

/** Splits a partition's text form. Mailbox names hold no colon, so the last two parts are unambiguous. */
export function parsePartition(id: PartitionId): { mailbox: string; generation: number; index: number } {
  const match = /^([^:]+):g(\d+):(\d+)$/.exec(id);
  if (!match) throw new RangeError(`"${id}" is no partition id, expected for example Account:g1:07`);
  return { mailbox: match[1]!, generation: Number(match[2]), index: Number(match[3]) };
}
