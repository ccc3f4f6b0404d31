import { decodeText, InvalidArgumentsError, nextTime, type Reminder, type ReminderSchedule } from "@actor-runtime/core";
import type { MethodDefinition } from "../definition/actor-definition.js";
import { nextCron } from "./cron.js";
import { keptArguments } from "./kept-arguments.js";
import { lastTime, type NormalTime, normalTime } from "./reminder-time.js";
import type { ReminderInfo, ReminderTime } from "./reminder-types.js";

const maxNameLength = 256;

/**
 * A reminder as `set` makes it.
 *
 * @param what begins the error, for example `Account/alice: reminder "renew"`
 * @param methods those of the actor, by name
 * @param now ms since 1970
 * @throws InvalidArgumentsError that names the field and the fix; NotSendableError, TooLargeError as for a call
 */
export function reminderOf(
  what: string,
  time: ReminderTime,
  handler: string,
  args: readonly unknown[],
  methods: ReadonlyMap<string, MethodDefinition>,
  now: number,
  id: string,
  trace?: Reminder["trace"],
): Reminder {
  const normal = normalTime(what, time);
  checkHandler(what, handler, methods);
  const kept = keptArguments(what, args);
  const { missed } = normal;
  const since = Math.ceil(now);
  const schedule = scheduleOf(normal, since);
  const dueAt = firstTime(normal, schedule, since);
  // Only a cron expression can name none, of a year no calendar has.
  if (dueAt === undefined || dueAt > lastTime) {
    throw new InvalidArgumentsError(`${what}: its first time is after the year 9999`);
  }
  return { id, handler, args: kept, schedule, missed, tick: 1, dueAt, trace };
}

/** A reminder as its actor may see it. */
export function infoOf(name: string, { handler, args, dueAt, missed, schedule }: Reminder): ReminderInfo {
  return {
    name,
    handler,
    // From the text, for decoding reuses objects.
    args: decodeText(JSON.stringify(args)) as unknown[],
    dueAt,
    missed,
    ...repetition(schedule),
  };
}

/** @throws InvalidArgumentsError unless it has 1 to 256 characters and does not begin with `@`, as those of `@Every` do */
export function checkReminderName(what: string, name: unknown): asserts name is string {
  if (typeof name !== "string" || name === "" || name.length > maxNameLength || !name.isWellFormed()) {
    throw new InvalidArgumentsError(
      `${what}: the name of a reminder must be a text of 1 to ${maxNameLength} characters`,
    );
  }
  if (name.startsWith("@")) {
    throw new InvalidArgumentsError(
      `${what}: "${name}" begins with "@", as reminders made by @Every do; name it otherwise`,
    );
  }
}

/** @throws InvalidArgumentsError unless a turn may begin with it that nobody asked for */
export function checkHandler(what: string, handler: string, methods: ReadonlyMap<string, MethodDefinition>): void {
  const { kind, transaction } = methods.get(handler) ?? {};
  if (transaction?.mode === "join") {
    throw new InvalidArgumentsError(
      `${what}: ${handler} is @Transactional("join"), and here is no transaction; make it "createOrJoin"`,
    );
  }
  if (kind === "handler") return;
  if (kind === "query") {
    throw new InvalidArgumentsError(
      `${what}: ${handler} is a query, which changes nothing; name a method marked @Handler()`,
    );
  }
  const handlers = Array.from(methods.values()).filter((method) => method.kind === "handler");
  const known = handlers.map(({ name }) => name).join(", ") || "none";
  throw new InvalidArgumentsError(
    `${what}: there is no handler ${JSON.stringify(handler)}; mark the method with @Handler(), or name one of: ${known}`,
  );
}

/** As {@link checkHandler}; nothing of a timer is stored, and so nothing of a transaction that it would begin. */
export function checkTimerHandler(what: string, handler: string, methods: ReadonlyMap<string, MethodDefinition>): void {
  checkHandler(what, handler, methods);
  const mode = methods.get(handler)!.transaction?.mode;
  if (mode === undefined || mode === "suppress") return;
  throw new InvalidArgumentsError(
    `${what}: ${handler} is @Transactional, and a timer is in memory only; tell this actor ${handler} in the timer's handler`,
  );
}

function scheduleOf(time: NormalTime, from: number): ReminderSchedule | undefined {
  if ("every" in time) return { every: time.every, from };
  if ("cron" in time) return { cron: time.cron, tz: time.tz };
  return undefined;
}

function firstTime(time: NormalTime, schedule: ReminderSchedule | undefined, now: number): number | undefined {
  if (schedule) return nextTime(schedule, now, nextCron);
  return "in" in time ? now + time.in : (time as { readonly at: number }).at;
}

function repetition(schedule: ReminderSchedule | undefined): Pick<ReminderInfo, "every" | "cron" | "tz"> {
  if (schedule === undefined) return {};
  if ("every" in schedule) return { every: schedule.every };
  const { cron, tz } = schedule;
  return tz === undefined ? { cron } : { cron, tz };
}
