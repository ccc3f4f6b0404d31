import type { Duration, MissedPolicy } from "@actor-runtime/core";

interface Repeats {
  /**
   * What becomes of ticks that could not run at their time, while no worker lived or the actor was busy: `once` runs one for all
   * of them, `all` each of them, one after the other, and `skip` none.
   *
   * @default "once"
   */
  readonly missed?: MissedPolicy;
}

/** When a reminder ticks: once, after each period, or at the times of a cron expression. */
export type ReminderTime =
  | (Repeats & { readonly in: Duration })
  /** ms since 1970, or a date. In the past: at once. */
  | (Repeats & { readonly at: number | Date })
  /** At least 1 s; the first tick comes after one period. Ticks keep to their times, however long one takes. */
  | (Repeats & { readonly every: Duration })
  /** Five or six fields, seconds first: `"0 9 * * mon-fri"`. `tz`: a name of the IANA database. @default UTC */
  | (Repeats & { readonly cron: string; readonly tz?: string });

/** When every actor of a type ticks: after each period, or at the times of a cron expression. */
export type EveryTime = Duration | Extract<ReminderTime, { readonly every: Duration } | { readonly cron: string }>;

/** A reminder as `list` tells of it. */
export interface ReminderInfo {
  readonly name: string;
  readonly handler: string;
  readonly args: readonly unknown[];
  /** When it ticks next, in ms since 1970. */
  readonly dueAt: number;
  /** Its period in ms, its cron expression and time zone; all absent: it ticks once. */
  readonly every?: number;
  readonly cron?: string;
  readonly tz?: string;
  readonly missed: MissedPolicy;
}

/**
 * Reminders of an actor: kept with its state, they wake it at their time, also after everything was restarted. Each tick is a
 * turn like that of a told message: it takes effect once, is tried again when it fails, and is a dead letter when it fails too
 * often; the reminder goes on. All changes commit with the turn.
 */
export interface Reminders {
  /**
   * Sets a reminder; one of the same name is replaced.
   *
   * @param name up to 256 characters, not beginning with `@`
   * @param handler a method marked `@Handler`, called with `args`
   * @throws InvalidArgumentsError that names what is wrong
   * @throws OverloadedError beyond 1,000 reminders of one actor
   * @example self.reminders.set("renew", { every: "30d", missed: "once" }, "renew", plan)
   */
  set(name: string, time: ReminderTime, handler: string, ...args: readonly unknown[]): void;
  /** @returns whether there was one */
  cancel(name: string): boolean;
  /** By name. */
  list(): readonly ReminderInfo[];
}

/** The tick that the current turn handles. */
export interface CurrentReminder {
  readonly name: string;
  /** When it was due, in ms since 1970. */
  readonly dueAt: number;
}

/** A timer in memory: gone with the instance, and nothing of it is stored. */
export type TimerTime = { readonly in: Duration } | { readonly every: Duration };
