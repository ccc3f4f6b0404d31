import type { Reminder } from "@actor-runtime/core";
import { describe, expect, it } from "vitest";
import type { DeclaredReminder } from "../definition/actor-definition.js";
import { Actor, Every, Handler } from "../definition/decorators.js";
import { defineActor } from "../definition/define.js";
import { declaredReminders } from "./declared.js";
import { reminderOf } from "./reminder-options.js";

@Actor("Feed")
class Feed {
  @Handler() @Every("1h") refresh(): void {}
  @Handler() @Every({ cron: "0 9 * * *", tz: "Asia/Tokyo", missed: "skip" }) report(): void {}
}

const { every, methods } = defineActor(Feed);
const now = Date.UTC(2026, 6, 3, 1);
let ids = 0;

function make({ name, handler, time }: DeclaredReminder): Reminder {
  return reminderOf(name, time, handler, [], methods, now, `r${++ids}`);
}

/** As it comes back from the store. */
const stored = (reminders: Map<string, Reminder>) =>
  new Map(JSON.parse(JSON.stringify([...reminders])) as [string, Reminder][]);

const declared = stored(declaredReminders(undefined, every, make)!);
const own: Reminder = { id: "own", handler: "refresh", args: [], missed: "once", tick: 3, dueAt: now };

describe("the reminders of an actor whose handlers are decorated with @Every", () => {
  it("are made when it has none, each with a time still to come", () => {
    expect([...declared.keys()]).toEqual(["@refresh", "@report"]);
    expect(declared.get("@refresh")).toMatchObject({ handler: "refresh", dueAt: now + 3_600_000, tick: 1 });
    expect(declared.get("@report")).toMatchObject({ handler: "report", missed: "skip", dueAt: now + 23 * 3_600_000 });
  });

  it("stay as they are, with their ticks, while the decorators say the same", () => {
    expect(declaredReminders(declared, every, make)).toBeUndefined();
    const later = new Map([...declared].map(([name, reminder]) => [name, { ...reminder, tick: 9, dueAt: now * 2 }]));
    expect(declaredReminders(later.set("renew", own), every, make)).toBeUndefined();
  });

  it("cost an actor of a type without any nothing", () => {
    expect(declaredReminders(undefined, [], make)).toBeUndefined();
    expect(declaredReminders(new Map([["renew", own]]), [], make)).toBeUndefined();
  });

  it.each([
    ["its period", 0, { every: 60_000, missed: "once" }],
    ["a cron expression instead of a period", 0, { cron: "0 * * * *", missed: "once" }],
    ["what becomes of missed ticks", 0, { every: 3_600_000, missed: "all" }],
    ["its cron expression", 1, { cron: "0 8 * * *", tz: "Asia/Tokyo", missed: "skip" }],
    ["its time zone", 1, { cron: "0 9 * * *", tz: "UTC", missed: "skip" }],
    ["no time zone", 1, { cron: "0 9 * * *", missed: "skip" }],
  ] as const)("are made anew when the decorator says something else: %s; the others stay", (_what, changed, time) => {
    const other = every.map((one, index) => (index === changed ? { ...one, time } : one));
    const reminders = declaredReminders(new Map([...declared, ["renew", own]]), other, make)!;
    const { name } = every[changed]!;
    expect([...reminders.keys()].toSorted()).toEqual(["@refresh", "@report", "renew"]);
    expect(reminders.get(name)!.id).not.toBe(declared.get(name)!.id);
    expect(reminders.get(name)).toMatchObject({ tick: 1, missed: time.missed });
    expect(declaredReminders(stored(reminders), other, make)).toBeUndefined();
    reminders.delete(name);
    for (const [kept, reminder] of reminders) expect(reminder).toBe(kept === "renew" ? own : declared.get(kept));
  });

  it("are made anew when one of that name is no repeated one of that handler", () => {
    for (const wrong of [{ ...own }, { ...declared.get("@refresh")!, handler: "report" }]) {
      const reminders = declaredReminders(new Map([...declared, ["@refresh", wrong]]), every, make)!;
      expect(reminders.get("@refresh")).toMatchObject({ handler: "refresh", schedule: { every: 3_600_000 } });
    }
  });

  it("go when their decorators do; those the actor set itself stay", () => {
    expect([...declaredReminders(new Map([...declared, ["renew", own]]), [], make)!.keys()]).toEqual(["renew"]);
    expect([...declaredReminders(declared, every.slice(1), make)!.keys()]).toEqual(["@report"]);
    expect(declaredReminders(declared, [], make)!.size).toBe(0);
  });
});
