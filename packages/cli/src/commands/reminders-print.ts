import type { ReminderReport } from "@actor-runtime/runtime";
import type { ReminderPage } from "../ops/reminders.js";
import { tableText } from "./table.js";
import { durationText } from "./units.js";

/** A row for each, the earliest due first. */
export function remindersText({ reminders, at, more }: ReminderPage): string {
  if (reminders.length === 0) return "no reminders\n";
  const table = tableText(
    ["ACTOR", "NAME", "HANDLER", "DUE", "REPEATS", "MISSED", "TICK"],
    reminders.map((reminder) => {
      const { address, name, handler, dueAt, missed, tick } = reminder;
      return [address, name, handler, dueText(dueAt - at), repeatsText(reminder), missed, tick];
    }),
  );
  return table + (more ? "there are more: name a type or an actor, or raise --limit\n" : "");
}

/** `in 3h 5m`, `now`, `5m 3s late` */
export function dueText(inMs: number): string {
  if (Math.abs(inMs) < 1_000) return "now";
  return inMs > 0 ? `in ${durationText(inMs)}` : `${durationText(-inMs)} late`;
}

/** `every 1h`, `every 1m 30s`, `0 9 * * mon-fri, Europe/Berlin`, `-` */
function repeatsText({ every, cron, tz }: ReminderReport): string {
  // Periods are round as a rule.
  if (every !== undefined) return `every ${durationText(every).replace(/ 0[hms]$/, "")}`;
  if (cron !== undefined) return tz === undefined ? cron : `${cron}, ${tz}`;
  return "-";
}
