import { InvalidArgumentsError } from "@actor-runtime/core";
import { wholeMs } from "./reminder-time.js";
import type { TimerTime } from "./reminder-types.js";

const shortestPeriodMs = 10;
/** What timers of the platform hold. */
const longestMs = 24 * 86_400_000;

/** `TimerTime` with every value checked, in whole ms. */
export interface NormalTimerTime {
  readonly firstMs: number;
  /** `undefined`: it ticks once. */
  readonly everyMs: number | undefined;
}

/**
 * @param what begins the error
 * @throws InvalidArgumentsError that names the field and the fix
 */
export function timerTime(what: string, time: TimerTime): NormalTimerTime {
  const given = Object.entries(Object(time) as object).flatMap(([field, value]) =>
    value === undefined ? [] : [field],
  );
  const [field] = given;
  if (given.length !== 1 || (field !== "in" && field !== "every")) {
    const fix = 'give one of in and every, for example { every: "5s" }; what has other times is a reminder';
    throw new InvalidArgumentsError(`${what}: ${fix}`);
  }
  const ms = wholeMs(what, field, (time as Record<typeof field, never>)[field]);
  if (ms > longestMs) {
    throw new InvalidArgumentsError(
      `${what}: ${field}: must be at most "24d"; set a reminder for what is further away`,
    );
  }
  if (field === "in") return { firstMs: ms, everyMs: undefined };
  if (ms >= shortestPeriodMs) return { firstMs: ms, everyMs: ms };
  throw new InvalidArgumentsError(`${what}: every: must be at least "${shortestPeriodMs}ms"`);
}
