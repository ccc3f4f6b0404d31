import type { Entry } from "./journal.js";
import type { Applied } from "./ledger.js";

/**
 * What is wrong with a history, in words; nothing when all promises were kept: what its sender knows to have succeeded took
 * effect exactly once (P1, P2), what failed at most once and, where the error says so, not at all, each sender's messages to an
 * actor in the order sent (P3), and nothing that nobody sent.
 *
 * @param ledgers by key what the actors hold in the end; an actor that is missing holds nothing
 */
export function complaints(journal: readonly Entry[], ledgers: ReadonlyMap<string, Applied>): string[] {
  const wrong: string[] = [];
  const sent = new Map<string, Map<number, Entry>>();
  for (const entry of journal) {
    const lane = `${entry.sender} to ${entry.key}`;
    let entries = sent.get(lane);
    if (entries === undefined) sent.set(lane, (entries = new Map()));
    if (entries.has(entry.n)) wrong.push(`${lane}: number ${entry.n} stands twice in the journal`);
    entries.set(entry.n, entry);
  }
  for (const [key, applied] of ledgers) {
    for (const [sender, numbers] of Object.entries(applied)) {
      const lane = `${sender} to ${key}`;
      wrong.push(...wrongIn(lane, numbers, sent.get(lane) ?? new Map()));
      sent.delete(lane);
    }
  }
  for (const [lane, entries] of sent) wrong.push(...wrongIn(lane, [], entries));
  return wrong;
}

/** One sender's messages to one actor. */
function wrongIn(lane: string, applied: readonly number[], sent: ReadonlyMap<number, Entry>): string[] {
  const wrong: string[] = [];
  const places = new Map<number, number>();
  applied.forEach((n, index) => {
    if (!sent.has(n)) wrong.push(`${lane}: ${n} took effect and was never sent`);
    if (places.has(n)) wrong.push(`${lane}: ${n} took effect twice`);
    else places.set(n, index + 1);
    if (index > 0 && n < applied[index - 1]!) wrong.push(`${lane}: ${n} took effect after ${applied[index - 1]}`);
  });
  for (const { n, kind, end } of sent.values()) {
    const place = places.get(n);
    if (end.is === "failed") {
      if (end.effect === "none" && place !== undefined) {
        wrong.push(`${lane}: ${kind} ${n} failed with ${end.error}, which means no effect, and took effect`);
      }
    } else if (place === undefined) {
      wrong.push(`${lane}: ${kind} ${n} was ${end.is} and took no effect`);
    } else if (end.is === "answered" && end.place !== place) {
      wrong.push(`${lane}: ask ${n} was answered ${end.place} and stands at ${place}`);
    }
  }
  return wrong;
}
