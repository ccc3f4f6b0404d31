import { type Duration, durationMs, InvalidArgumentsError, type MissedPolicy } from "@actor-runtime/core";
import { checkCron } from "./cron.js";
import type { EveryTime, ReminderTime } from "./reminder-types.js";

const shortestPeriodMs = 1_000;
/** Dates are written with four digits in many places. */
export const lastTime = Date.UTC(10_000, 0, 1) - 1;

const policies: readonly MissedPolicy[] = ["skip", "once", "all"];

const kinds = ["in", "at", "every", "cron"] as const;
type Kind = (typeof kinds)[number];

/** What a time of each kind may have. */
const fieldsOf = {
  in: ["in", "missed"],
  at: ["at", "missed"],
  every: ["every", "missed"],
  cron: ["cron", "tz", "missed"],
} as const satisfies Record<Kind, readonly string[]>;

interface Checked {
  readonly missed: MissedPolicy;
}

/** A time that comes again and again: every value checked, whole ms. */
export type RepeatedTime = Checked & ({ readonly every: number } | { readonly cron: string; readonly tz?: string });

/** `ReminderTime` with every value checked: whole ms, dates in ms since 1970. */
export type NormalTime = RepeatedTime | (Checked & ({ readonly in: number } | { readonly at: number }));

/**
 * @param what begins the error
 * @throws InvalidArgumentsError that names the field and the fix
 */
export function normalTime(what: string, time: ReminderTime): NormalTime {
  const { kind, missed } = formOf(what, time);
  const given = time as { readonly [kind in Kind]: never } & { readonly tz?: string };
  if (kind === "in") return { in: wholeMs(what, "in", given.in), missed };
  if (kind === "at") return { at: pointInTime(what, given.at), missed };
  if (kind === "every") return { every: period(what, given.every), missed };
  const fault = checkCron(given.cron, given.tz);
  if (fault !== undefined) throw new InvalidArgumentsError(`${what}: ${fault}`);
  return { cron: given.cron, ...(given.tz !== undefined && { tz: given.tz }), missed };
}

/**
 * The time given to `@Every`.
 *
 * @throws InvalidArgumentsError as {@link normalTime} does, and for one that comes only once
 */
export function repeatedTime(what: string, time: EveryTime): RepeatedTime {
  if (typeof time === "string" && looksLikeCron(time)) {
    throw new InvalidArgumentsError(`${what}: a cron expression is written { cron: ${JSON.stringify(time)} }`);
  }
  const isPeriod = typeof time === "string" || typeof time === "number";
  const normal = normalTime(what, isPeriod ? { every: time } : time);
  if ("every" in normal || "cron" in normal) return normal;
  throw new InvalidArgumentsError(`${what}: give one of every and cron; what comes only once is set in a handler`);
}

/** A field that is undefined is left out. */
function formOf(what: string, time: ReminderTime): { readonly kind: Kind; readonly missed: MissedPolicy } {
  const refuse = (why: string): never => {
    throw new InvalidArgumentsError(`${what}: ${why}`);
  };
  if (typeof time !== "object" || time === null) {
    return refuse(`${shown(time)} is no time; write for example { every: "1h" }`);
  }
  const given = Object.entries(time).flatMap(([field, value]) => (value === undefined ? [] : [field]));
  const [kind, ...others] = kinds.filter((each) => given.includes(each));
  if (kind === undefined) return refuse("give one of in, at, every and cron");
  if (others.length > 0) refuse(`give one of in, at, every and cron, not ${[kind, ...others].join(" and ")}`);
  const [, ...beside]: readonly string[] = fieldsOf[kind];
  const unknown = given.find((field) => field !== kind && !beside.includes(field));
  if (unknown !== undefined) refuse(`unknown field ${unknown}; beside ${kind} there is ${beside.join(", ")}`);
  const { missed = "once" } = time;
  if (!policies.includes(missed)) refuse(`missed: ${JSON.stringify(missed)} must be one of ${policies.join(", ")}`);
  return { kind, missed };
}

function pointInTime(what: string, at: number | Date): number {
  const ms = at instanceof Date || typeof at === "number" ? Math.ceil(Number(at)) : Number.NaN;
  if (ms >= 0 && ms <= lastTime) return ms;
  throw new InvalidArgumentsError(
    `${what}: at: ${shown(at)} must be a date or ms since 1970, at latest in the year 9999, for example new Date("2027-01-01")`,
  );
}

function period(what: string, every: Duration): number {
  const ms = wholeMs(what, "every", every);
  if (ms >= shortestPeriodMs) return ms;
  throw new InvalidArgumentsError(`${what}: every: ${JSON.stringify(every)} must be at least "1s"`);
}

/** @throws InvalidArgumentsError that names the field */
export function wholeMs(what: string, field: string, duration: Duration): number {
  try {
    return Math.ceil(durationMs(duration, `${what}: ${field}`));
  } catch (error) {
    throw new InvalidArgumentsError((error as RangeError).message, { cause: error });
  }
}

function looksLikeCron(text: string): boolean {
  return /^\S+(\s+\S+){4,5}$/.test(text.trim());
}

function shown(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}
