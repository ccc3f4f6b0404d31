import { digestOf } from "./transfer.js";

/** Which transfers took effect at an actor, in bounded space: how many, and their digests by exclusive or. */
export interface Log {
  readonly count: number;
  readonly digests: number;
}

export const emptyLog: Log = { count: 0, digests: 0 };

/** Adding what is there already shows: its digest goes, and the count rises. */
export function logged({ count, digests }: Log, id: string): Log {
  return { count: count + 1, digests: (digests ^ digestOf(id)) >>> 0 };
}
