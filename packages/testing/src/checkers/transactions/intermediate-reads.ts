import type { Append } from "./appends.js";
import type { Committed, SoundRead } from "./committed.js";
import { describeRead } from "./describe-operation.js";
import type { TransactionViolation } from "./transaction-violation.js";

/** The last append that the reader saw of somebody else; `undefined`: it saw none. */
export function lastOfOthers(committed: Committed, { reader, read }: SoundRead): Append | undefined {
  const versions = committed.versions(read.key);
  for (let place = read.list.length - 1; place >= 0; place--) {
    const value = read.list[place]!;
    if (!versions.has(value)) continue;
    const append = committed.appends.of(read.key, value)!;
    if (append.transaction !== reader) return append;
  }
  return undefined;
}

/** Reads that end in the middle of a transaction. */
export function intermediateReads(committed: Committed): TransactionViolation[] {
  return committed.reads.flatMap((sound): TransactionViolation[] => {
    const last = lastOfOthers(committed, sound);
    if (last === undefined || last.isLast) return [];
    const { reader, read } = sound;
    const { id } = last.transaction;
    const what = `${reader.id} ${describeRead(read)}, to which ${id} appended more`;
    return [{ anomaly: "G1b", transactions: [reader.id, id], what }];
  });
}
