import type { ReminderReport } from "@actor-runtime/runtime";
import { durationText } from "../commands/units.js";
import type { Check } from "./check.js";

/** Reminders that are late by less are no finding (ms): their owner's sweep, or a slow turn, gets to them. */
export const overdueAfterMs = 60_000;
/** So many are looked at. */
export const mostOverdue = 1_000;

/**
 * Whether reminders tick: a finding for each type that has some which should have done so for more than a minute.
 *
 * @param overdue the earliest due first
 * @param paused types and addresses that operators stopped
 */
export function reminderChecks(overdue: readonly ReminderReport[], paused: readonly string[]): Check[] {
  if (overdue.length === 0) return [{ name: "reminders", status: "ok", finding: "none is overdue" }];
  const firsts = new Map<string, ReminderReport[]>();
  for (const reminder of overdue) {
    const type = reminder.address.slice(0, reminder.address.indexOf("/"));
    firsts.set(type, [...(firsts.get(type) ?? []), reminder]);
  }
  return Array.from(firsts, ([type, reminders]): Check => {
    const [{ address, name, overdueMs = 0 }] = reminders as [ReminderReport];
    const count = overdue.length < mostOverdue ? `${reminders.length}` : `at least ${reminders.length}`;
    const stopped = paused.find((target) => target === type || target === address);
    return {
      name: "reminders",
      status: "warn",
      finding: `${type}: ${count} overdue, "${name}" of ${address} for ${durationText(overdueMs)}`,
      fix:
        stopped === undefined
          ? `actor-runtime inspect ${address} says what it waits for; actor-runtime reminders ls ${type} --overdue lists them`
          : `operators paused it: actor-runtime resume ${stopped}`,
    };
  });
}
