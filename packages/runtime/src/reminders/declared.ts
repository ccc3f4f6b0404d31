import type { Reminder, ReminderSchedule } from "@actor-runtime/core";
import type { DeclaredReminder } from "../definition/actor-definition.js";
import type { RepeatedTime } from "./reminder-time.js";

/**
 * The reminders of an actor once they are those that `@Every` declares: what is missing is made, what is declared otherwise now
 * is made anew, and what is declared no more goes. Those the actor set itself stay.
 *
 * @param current by name
 * @param make a record whose first time is still to come
 * @returns `undefined`: they are so already
 */
export function declaredReminders(
  current: ReadonlyMap<string, Reminder> | undefined,
  every: readonly DeclaredReminder[],
  make: (declared: DeclaredReminder) => Reminder,
): Map<string, Reminder> | undefined {
  const outdated = every.filter((declared) => !isAs(declared, current?.get(declared.name)));
  const names = new Set(every.map(({ name }) => name));
  const gone = Array.from(current?.keys() ?? []).filter((name) => name.startsWith("@") && !names.has(name));
  if (outdated.length === 0 && gone.length === 0) return undefined;
  const reminders = new Map(current);
  for (const name of gone) reminders.delete(name);
  for (const declared of outdated) reminders.set(declared.name, make(declared));
  return reminders;
}

/**
 * Only what is missing is made; what a newer class may have declared stays.
 *
 * @returns `undefined`: nothing is missing
 */
export function withMissing(
  current: ReadonlyMap<string, Reminder> | undefined,
  every: readonly DeclaredReminder[],
  make: (declared: DeclaredReminder) => Reminder,
): Map<string, Reminder> | undefined {
  const missing = every.filter(({ name }) => !current?.has(name));
  if (missing.length === 0) return undefined;
  const reminders = new Map(current);
  for (const declared of missing) reminders.set(declared.name, make(declared));
  return reminders;
}

function isAs({ handler, time }: DeclaredReminder, reminder: Reminder | undefined): boolean {
  if (reminder?.handler !== handler || reminder.missed !== time.missed) return false;
  return reminder.schedule !== undefined && isScheduled(time, reminder.schedule);
}

function isScheduled(time: RepeatedTime, schedule: ReminderSchedule): boolean {
  if ("every" in time) return "every" in schedule && schedule.every === time.every;
  return "cron" in schedule && schedule.cron === time.cron && schedule.tz === time.tz;
}
