import type { ReminderSet, TestedTime } from "./reminder-history.js";

/** All times from one to another, both included. */
export interface TimeRange {
  readonly from: number;
  readonly to: number;
}

/** Its period in ms; `undefined`: it ticks once. */
export function periodOf(time: TestedTime): number | undefined {
  if ("every" in time) return time.every;
  return "cron" in time ? time.cron : undefined;
}

/** When its first tick may be due, for an actor whose clock may be wrong by `clockMs`. */
export function firstDue({ time, atMs }: ReminderSet, clockMs: number): TimeRange {
  const [from, to] = [atMs - clockMs, atMs + clockMs].map((now) => {
    if ("in" in time) return now + time.in;
    return "every" in time ? now + time.every : (Math.floor(now / time.cron) + 1) * time.cron;
  });
  return { from: from!, to: to! };
}

/** When the tick after this one may be due; `atMs`: when that was over. */
export function nextDue(set: ReminderSet, dueAt: number, atMs: number, clockMs: number): TimeRange {
  const period = periodOf(set.time)!;
  const following = dueAt + period;
  if (set.missed === "all") return { from: following, to: following };
  const after = (now: number) =>
    following > now ? following : following + (Math.floor((now - following) / period) + 1) * period;
  // Of those left out nobody notes anything.
  const to = set.missed === "skip" ? Number.POSITIVE_INFINITY : after(atMs + clockMs);
  return { from: after(atMs - clockMs), to };
}

/** Whether it is one of the times that follow from the first. */
export function isTimeOf({ time, dueAt: first }: ReminderSet, dueAt: number): boolean {
  const period = periodOf(time);
  return period === undefined ? dueAt === first : dueAt >= first && (dueAt - first) % period === 0;
}
