import { InvalidArgumentsError, NotSendableError, TooLargeError } from "@actor-runtime/core";
import { describe, expect, it } from "vitest";
import { Actor, Handler, Query } from "../definition/decorators.js";
import { methodsOf } from "../definition/define.js";
import { checkReminderName, infoOf, reminderOf } from "./reminder-options.js";
import type { ReminderTime } from "./reminder-types.js";

@Actor("Subscription")
class Subscription {
  @Handler() renew(_plan?: unknown): void {}
  @Handler() lapse(): void {}
  @Query() plan(): string {
    return "";
  }
}

const methods = methodsOf(Subscription);
const now = Date.UTC(2026, 6, 3, 10);
const what = 'Subscription/7: reminder "renew"';

function set(time: unknown, handler = "renew", ...args: unknown[]) {
  return reminderOf(what, time as ReminderTime, handler, args, methods, now, "r1");
}

describe("a reminder that is set", () => {
  it("once is due in a time, at a date or at a number of milliseconds, and has no schedule", () => {
    const once = { id: "r1", handler: "renew", args: [], missed: "once", tick: 1 };
    expect(set({ in: "5m" })).toEqual({ ...once, dueAt: now + 300_000 });
    expect(set({ in: 0 })).toEqual({ ...once, dueAt: now });
    expect(set({ at: new Date(now + 1) })).toEqual({ ...once, dueAt: now + 1 });
    expect(set({ at: now - 1_000, missed: "skip" })).toEqual({ ...once, missed: "skip", dueAt: now - 1_000 });
  });

  it("for a period is due after the first of them", () => {
    expect(set({ every: "1h", missed: "all" })).toEqual({
      id: "r1",
      handler: "renew",
      args: [],
      missed: "all",
      tick: 1,
      dueAt: now + 3_600_000,
      schedule: { every: 3_600_000, from: now },
    });
  });

  it("for a cron expression is due at its first time, in its zone", () => {
    expect(set({ cron: "0 9 * * mon-fri", tz: "Europe/Berlin" })).toMatchObject({
      dueAt: Date.UTC(2026, 6, 6, 7),
      schedule: { cron: "0 9 * * mon-fri", tz: "Europe/Berlin" },
    });
    expect(set({ cron: "0 9 * * *" })).toMatchObject({ dueAt: Date.UTC(2026, 6, 4, 9) });
  });

  it("may be far away: 25 days and more, and up to the year 9999", () => {
    expect(set({ in: "4000d" }).dueAt).toBe(now + 4_000 * 86_400_000);
    expect(set({ every: "90d" }).dueAt).toBe(now + 90 * 86_400_000);
    expect(set({ at: new Date("9999-12-31T23:59:59Z") }).dueAt).toBe(Date.UTC(9999, 11, 31, 23, 59, 59));
  });

  it("has whole milliseconds, whatever clock and duration say, so that periods never drift", () => {
    const { schedule, dueAt } = reminderOf(what, { every: "1.0005s" }, "renew", [], methods, now + 0.3, "r1");
    expect([schedule, dueAt]).toEqual([{ every: 1_001, from: now + 1 }, now + 1 + 1_001]);
  });

  it("takes a field that is undefined for one that is left out", () => {
    expect(set({ in: undefined, every: "1h", tz: undefined, missed: undefined })).toMatchObject({ missed: "once" });
    expect(set({ cron: undefined, at: now }).dueAt).toBe(now);
  });

  it("carries the trace of the turn that set it", () => {
    const trace = { traceparent: "00-1-2-01" };
    expect(reminderOf(what, { in: 1 }, "renew", [], methods, now, "r1", trace).trace).toBe(trace);
  });

  it("keeps arguments as they were, whatever the handler makes of them later", () => {
    const plan = { lines: [1n], since: new Date(0) };
    const reminder = set({ in: "1s" }, "renew", plan, undefined);
    plan.lines.push(2n);
    expect(reminder.args).toEqual([
      { lines: [{ $bigint: "1" }], since: { $date: new Date(0).toISOString() } },
      { $undefined: true },
    ]);
  });
});

describe("a time is refused", () => {
  it.each([
    [undefined, 'undefined is no time; write for example { every: "1h" }'],
    ["1h", '"1h" is no time; write for example { every: "1h" }'],
    [null, "null is no time"],
    [{}, "give one of in, at, every and cron"],
    [{ missed: "all" }, "give one of in, at, every and cron"],
    [{ in: "1h", every: "1h" }, "give one of in, at, every and cron, not in and every"],
    [{ at: now, cron: "0 9 * * *" }, "give one of in, at, every and cron, not at and cron"],
    [{ every: "1h", tz: "UTC" }, "unknown field tz; beside every there is missed"],
    [{ cron: "0 9 * * *", timezone: "UTC" }, "unknown field timezone; beside cron there is tz, missed"],
    [{ in: "1h", missed: "never" }, 'missed: "never" must be one of skip, once, all'],
    [{ in: "soon" }, 'in: "soon" is no duration'],
    [{ in: -1 }, "in: -1 is no duration"],
    [{ every: "999ms" }, 'every: "999ms" must be at least "1s"'],
    [{ every: 0 }, 'every: 0 must be at least "1s"'],
    [{ every: Number.NaN }, "every: NaN is no duration"],
    [
      { at: "2026-07-03" },
      'at: "2026-07-03" must be a date or ms since 1970, at latest in the year 9999, for example new Date("2027-01-01")',
    ],
    [{ at: new Date("tomorrow") }, "at: Invalid Date must be a date or ms since 1970"],
    [{ at: Number.POSITIVE_INFINITY }, "at: Infinity must be a date or ms since 1970, at latest in the year 9999"],
    [{ at: Date.UTC(10_000, 0, 1) }, "at: 253402300800000 must be a date or ms since 1970, at latest in the year 9999"],
    [{ at: null }, "at: null must be a date or ms since 1970"],
    [{ in: "4000000d" }, "its first time is after the year 9999"],
    [{ every: 1e300 }, "its first time is after the year 9999"],
    [{ cron: "0 0 30 2 *" }, 'cron: "0 0 30 2 *" names a day that never comes'],
    [{ cron: "0 9 * * *", tz: "Mars" }, 'tz: "Mars" is no time zone'],
  ])("%j", (time, message) => {
    expect(() => set(time)).toThrow(InvalidArgumentsError);
    expect(() => set(time)).toThrow(`${what}: ${message}`);
  });
});

describe("what a reminder is to call", () => {
  it.each([
    ["plan", "plan is a query, which changes nothing; name a method marked @Handler()"],
    ["renewal", 'there is no handler "renewal"; mark the method with @Handler(), or name one of: renew, lapse'],
    ["constructor", 'there is no handler "constructor"'],
    [undefined, "there is no handler undefined"],
  ])("must be a handler of the actor, which %s is not", (handler, message) => {
    const make = () => reminderOf(what, { in: 1 }, handler as string, [], methods, now, "r1");
    expect(make).toThrow(InvalidArgumentsError);
    expect(make).toThrow(`${what}: ${message}`);
  });

  it("gets arguments that can travel; the error names the part that cannot", () => {
    expect(() => set({ in: 1 }, "renew", { lines: [{ price: () => 1 }] })).toThrow(NotSendableError);
    expect(() => set({ in: 1 }, "renew", { lines: [{ price: () => 1 }] })).toThrow(
      "args[0].lines[0].price: a function",
    );
  });

  it("gets no more than fits a message", () => {
    expect(() => set({ in: 1 }, "renew", "é".repeat(140_000))).toThrow(TooLargeError);
    expect(() => set({ in: 1 }, "renew", "é".repeat(140_000))).toThrow(`${what}: the arguments have 280004 bytes`);
  });
});

describe("a reminder is listed", () => {
  it("with its time, and the values its handler gets", () => {
    const since = new Date(0);
    expect(infoOf("renew", set({ every: "30d" }, "renew", new Map([["since", since]])))).toEqual({
      name: "renew",
      handler: "renew",
      args: [new Map([["since", since]])],
      dueAt: now + 30 * 86_400_000,
      every: 30 * 86_400_000,
      missed: "once",
    });
    expect(infoOf("a", set({ cron: "0 9 * * *", tz: "Asia/Tokyo", missed: "all" }))).toMatchObject({
      cron: "0 9 * * *",
      tz: "Asia/Tokyo",
      missed: "all",
    });
    expect(Object.keys(infoOf("a", set({ cron: "0 9 * * *" })))).not.toContain("tz");
    expect(infoOf("a", set({ in: 5 }))).toEqual({
      name: "a",
      handler: "renew",
      args: [],
      dueAt: now + 5,
      missed: "once",
    });
  });

  it("without a way to change it", () => {
    const reminder = set({ in: 5 }, "renew", { lines: [1n] });
    (infoOf("a", reminder).args[0] as { lines: bigint[] }).lines.push(2n);
    expect(infoOf("a", reminder).args).toEqual([{ lines: [1n] }]);
  });
});

describe("the name of a reminder", () => {
  it("is any text of 1 to 256 characters", () => {
    for (const name of ["renew", "7", "Grüße an: alice/bob", "x".repeat(256)]) checkReminderName("a", name);
  });

  it.each([
    ["", "must be a text of 1 to 256 characters"],
    ["x".repeat(257), "must be a text of 1 to 256 characters"],
    ["\ud800", "must be a text of 1 to 256 characters"],
    [7, "must be a text of 1 to 256 characters"],
    [undefined, "must be a text of 1 to 256 characters"],
    ["@renew", '"@renew" begins with "@", as reminders made by @Every do; name it otherwise'],
  ])("is not %j", (name, message) => {
    expect(() => checkReminderName("Subscription/7", name)).toThrow(InvalidArgumentsError);
    expect(() => checkReminderName("Subscription/7", name)).toThrow(`Subscription/7: `);
    expect(() => checkReminderName("Subscription/7", name)).toThrow(message);
  });
});
