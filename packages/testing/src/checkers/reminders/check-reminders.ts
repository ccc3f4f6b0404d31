import { checkNoneLeft } from "./none-left.js";
import { checkRefused } from "./refused.js";
import type { ReminderHistory } from "./reminder-history.js";
import type { ReminderViolation } from "./reminder-violation.js";
import { Replay } from "./replay.js";
import { checkRuns } from "./runs.js";
import { StoreClock } from "./store-clock.js";

export interface ReminderCheckOptions {
  /** By how much the clock of a worker may be wrong. Default 50 ms. */
  readonly clockMs?: number;
  /** How late a tick may be that was due once nothing failed any more, its alarm lost. Default 15 s. */
  readonly lateMs?: number;
  /** How late one may be that was set when nothing had to recover. Default 4 s, for it may fail a few times. */
  readonly promptMs?: number;
}

/**
 * P1: every tick that a committed reminder is due takes effect once, at its time or later, and none of a reminder that was never
 * committed, or has ended; periods are kept, and missed ticks are treated as the reminder wants it.
 *
 * Each actor notes in its own state what it does to its reminders and which of their ticks it handles. So the notes say what
 * was committed, and in which order, and the reminders of the actor at each point follow from them.
 *
 * @example expect(checkReminders(history).map(describeReminderViolation)).toEqual([])
 */
export function checkReminders(
  history: ReminderHistory,
  { clockMs = 50, lateMs = 15_000, promptMs = 4_000 }: ReminderCheckOptions = {},
): ReminderViolation[] {
  const { peaceMs, calmMs, chapters, steps } = history;
  // Where it went on no further, nothing is known of what was committed.
  if (chapters.length === 0) return [];
  const clock = new StoreClock(clockMs, steps);
  const options = { peaceMs, calmMs, clock, lateMs, promptMs };
  const replays = chapters.map((chapter) => [chapter.address, new Replay(chapter, options)] as const);
  return [
    ...replays.flatMap(([, { violations }]) => violations),
    ...checkRuns(history, replays, clock),
    ...checkRefused(history, replays),
    ...checkNoneLeft(history),
  ];
}
