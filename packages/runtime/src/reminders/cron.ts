import type { NextCron } from "@actor-runtime/core";
import { type CronExpression, CronExpressionParser } from "cron-parser";

const defaultTz = "UTC";

/** Expressions ready to use: to parse one costs more than to find its next time, 60 to 110 µs against 15 to 130. */
const parsed = new Map<string, CronExpression>();
const maxParsed = 256;

/**
 * The next time of a cron expression, by cron-parser. When clocks are put forward, a time that is left out comes as much later;
 * when they are put back, a time that comes twice is meant the first time, and one of every hour both times.
 *
 * @throws Error on what {@link checkCron} refuses
 */
export const nextCron: NextCron = (cron, tz = defaultTz, after) => {
  const expression = expressionOf(cron, tz);
  // Times are whole seconds, so nothing lies between the beginning of this one and `after`.
  expression.reset(new Date(Math.floor(after / 1_000) * 1_000));
  try {
    return expression.next().getTime();
  } catch {
    // It looks through 10,000 days, months and so on, and that is all it can fail with.
    return undefined;
  }
};

/**
 * What is wrong with a cron expression or its time zone, with the fix; `undefined`: nothing.
 *
 * @example checkCron("61 * * * *", undefined) // 'cron: "61 * * * *" is no cron expression (… expected range 0-59); write …'
 */
export function checkCron(cron: unknown, tz: unknown): string | undefined {
  if (tz !== undefined && !isTimeZone(tz)) {
    return `tz: ${shown(tz)} is no time zone of the IANA database; write for example "Europe/Berlin", or leave it out for UTC`;
  }
  const given = `cron: ${shown(cron)}`;
  const fix = 'write five or six fields, seconds first, for example "0 9 * * mon-fri"';
  if (typeof cron !== "string") return `${given} is no text; ${fix}`;
  const fields = cron.trim().split(/\s+/);
  if (fields.length !== 5 && fields.length !== 6) return `${given} is no cron expression; ${fix}`;
  if (fields.some((field) => field.includes("H"))) return `${given}: H is a field chosen by chance; write a number`;
  const never = `${given} names a day that never comes; look at its days and months`;
  try {
    return nextCron(cron, tz, 0) === undefined ? never : undefined;
  } catch (error) {
    const { message } = error as Error;
    if (message.includes("explicit day of month")) return never;
    return `${given} is no cron expression (${message}); ${fix}`;
  }
}

function expressionOf(cron: string, tz: string): CronExpression {
  const key = `${tz} ${cron}`;
  const known = parsed.get(key);
  if (known) return known;
  const expression = CronExpressionParser.parse(cron, { tz, currentDate: new Date(0) });
  if (parsed.size === maxParsed) parsed.delete(parsed.keys().next().value!);
  parsed.set(key, expression);
  return expression;
}

/** An offset such as `+02:00` is none: not every platform knows it. */
function isTimeZone(tz: unknown): tz is string {
  if (typeof tz !== "string" || !/^[a-z]/i.test(tz)) return false;
  try {
    Intl.DateTimeFormat("en", { timeZone: tz });
    return true;
  } catch {
    return false;
  }
}

function shown(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}
