/** What crashes say against a message (delivery.md A.7). */
export interface Mark {
  /** At how many crashes it was marked as running. */
  readonly crashes: number;
  /** At how many of them it was the only suspect that ran. */
  readonly alone: number;
}

/** A mark as it is stored: what is known so far and, while the message runs, in which incarnation of a worker. */
interface StoredMark extends Mark {
  readonly by?: string | undefined;
  /** It runs as the only suspect. */
  readonly solo?: boolean | undefined;
}

export const unmarked: Mark = { crashes: 0, alone: 0 };

/** From the second mark on: the first is given to everything that is delivered again. */
export function isSuspect({ crashes }: Mark): boolean {
  return crashes >= 1;
}

/** Nothing else can have been the reason, twice. */
export function isConvicted({ alone }: Mark): boolean {
  return alone >= 2;
}

/** Nor can its handler be, for it was not to run the last time: what ends its worker is that its actor wakes. */
export function isCondemned({ alone }: Mark): boolean {
  return alone >= 3;
}

/** The text to store before the message runs; without `by`, it does not run any more and its worker lives. */
export function markText({ crashes, alone }: Mark, by?: string, solo?: boolean): string {
  const stored: StoredMark = { crashes, alone, by, solo };
  return JSON.stringify(stored);
}

/** Reads a mark found at takeover. A run in another incarnation than `mine` is one that did not survive it. */
export function readMark(text: string, mine: string): Mark {
  const { crashes, alone, by, solo } = JSON.parse(text) as StoredMark;
  const crashed = by !== undefined && by !== mine;
  return { crashes: crashes + (crashed ? 1 : 0), alone: alone + (crashed && solo ? 1 : 0) };
}
