import type { Ticked } from "./subscription.js";

const periodMs = 1_000;
/** How much earlier than its time a tick may run by another clock than the one that judges. */
const toleranceMs = 50;

/** What is wrong with the ticks of one actor that set a reminder for once and perhaps one for each second, in words. */
export function complaints(address: string, journal: readonly Ticked[], repeats: boolean): string[] {
  const of = (wanted: string) => journal.filter(({ name }) => name === wanted);
  const wrong = journal
    .filter(({ at, dueAt }) => at < dueAt - toleranceMs)
    .map(({ name, at, dueAt }) => `${address}: ${name} ticked ${dueAt - at} ms early`);
  const once = of("once").length;
  if (once !== 1) wrong.push(`${address}: once ticked ${once} times`);
  const each = of("each");
  if (repeats && each.length === 0) wrong.push(`${address}: each never ticked`);
  for (const [index, { dueAt }] of each.entries()) {
    const expected = each[0]!.dueAt + index * periodMs;
    if (dueAt !== expected) wrong.push(`${address}: tick ${index + 1} of each was due at ${dueAt}, not ${expected}`);
  }
  return wrong;
}
