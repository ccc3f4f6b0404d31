/** What becomes of ticks that could not run at their time: none of them, one for all, or each of them. */
export type MissedPolicy = "skip" | "once" | "all";

/** When a reminder ticks again; times in ms since 1970. `from` is when the first of its periods began. */
export type ReminderSchedule =
  | { readonly every: number; readonly from: number }
  | { readonly cron: string; readonly tz?: string | undefined };

/** A reminder as it is stored with the state of its actor. */
export interface Reminder {
  /** Names what `set` made, and none before or after it. */
  readonly id: string;
  readonly handler: string;
  /** In wire form. */
  readonly args: readonly unknown[];
  /** Absent: it ticks once. */
  readonly schedule?: ReminderSchedule | undefined;
  readonly missed: MissedPolicy;
  /** Its next tick: number and time. */
  readonly tick: number;
  readonly dueAt: number;
  /** W3C trace context of the turn that set it. */
  readonly trace?: Readonly<Record<string, string>> | undefined;
}

/** First time after `after` (ms since 1970) that a cron expression names in a time zone; `undefined`: there is none. */
export type NextCron = (cron: string, tz: string | undefined, after: number) => number | undefined;

/** A tick that could not begin for so long is a missed one (ms). */
export const missedAfterMs = 60_000;

export interface TickDecision {
  readonly run: boolean;
  /** What the record is once the tick is done; `undefined`: the reminder is over. */
  readonly next: Reminder | undefined;
}

/**
 * What becomes of a reminder whose tick is due, at `now` (ms since 1970).
 *
 * Ticks keep to their schedule, however late one runs. With `once`, ticks that came due meanwhile are one with it; with `all`,
 * the next of them is due at once; with `skip`, a tick does not run when the next is due already, or when it is late by more
 * than {@link missedAfterMs}.
 */
export function decideTick(reminder: Reminder, now: number, nextCron: NextCron): TickDecision {
  const { schedule, missed, dueAt } = reminder;
  const following = schedule && nextTime(schedule, dueAt, nextCron);
  const isMissed = now - dueAt > missedAfterMs || (following !== undefined && following <= now);
  const run = missed !== "skip" || !isMissed;
  const behind = missed !== "all" && following !== undefined && following <= now;
  const next = behind ? nextTime(schedule!, now, nextCron) : following;
  return { run, next: next === undefined ? undefined : { ...reminder, tick: reminder.tick + 1, dueAt: next } };
}

/** The first time of a schedule after `after`. */
export function nextTime(schedule: ReminderSchedule, after: number, nextCron: NextCron): number | undefined {
  if ("cron" in schedule) return nextCron(schedule.cron, schedule.tz, after);
  const { every, from } = schedule;
  const periods = Math.max(1, Math.floor((after - from) / every) + 1);
  return from + periods * every;
}
