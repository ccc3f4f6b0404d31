import type { TimedEntry } from "./chatter.js";
import type { Entry } from "./journal.js";
import type { Applied } from "./ledger.js";
import { complaints } from "./verdict.js";

/** When a copy of the store was taken, and when the store was back with it; ms by `performance.now()`. */
export interface Loss {
  readonly copied: number;
  readonly restored: number;
}

/**
 * The calls whose turns may be lost with the store's writes (delivery.md A.9, R1). Not among them is what the copy holds for
 * sure: by the order of a sender's messages, everything up to its last ask that was answered before the copy was taken.
 */
export function inDoubt(entries: readonly TimedEntry[], { copied, restored }: Loss): ReadonlySet<Entry> {
  const kept = new Map<string, number>();
  for (const { sender, key, n, end, ended } of entries) {
    if (end.is === "answered" && ended < copied) kept.set(`${sender} ${key}`, n);
  }
  return new Set(
    entries.filter(({ sender, key, n, began }) => n > (kept.get(`${sender} ${key}`) ?? 0) && began < restored),
  );
}

/** What is wrong where clients' calls took effect: what is in doubt may have done so too, but once and in its place. */
export function directComplaints(
  entries: readonly TimedEntry[],
  doubt: ReadonlySet<Entry>,
  ledgers: ReadonlyMap<string, Applied>,
): string[] {
  const journal = entries.map((entry): Entry => {
    if (!doubt.has(entry)) return entry;
    return { ...entry, end: { is: "failed", error: "the store's loss", effect: "unknown" } };
  });
  return complaints(journal, ledgers);
}

/**
 * What is wrong where those messages arrived that turns had sent, one for each call. Across lost writes these are at least
 * once: a turn that ran again has sent its message again.
 */
export function carriedComplaints(
  entries: readonly TimedEntry[],
  doubt: ReadonlySet<Entry>,
  ledgers: ReadonlyMap<string, Applied>,
): string[] {
  const journal = entries
    .filter((entry) => !doubt.has(entry))
    .map((entry): Entry => ({ ...entry, end: { is: "confirmed" } }));
  const doubted = new Set([...doubt].map(({ sender, key, n }) => `${sender} ${key} ${n}`));
  const certain = Array.from(ledgers, ([key, applied]) => {
    const lists = Object.entries(applied).map(([sender, numbers]) => {
      return [sender, numbers.filter((n) => !doubted.has(`${sender} ${key} ${n}`))] as const;
    });
    return [key, Object.fromEntries(lists)] as const;
  });
  return complaints(journal, new Map(certain));
}
