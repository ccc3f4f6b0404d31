import type { ReminderReport } from "@actor-runtime/runtime";
import { describe, expect, it } from "vitest";
import { dueText, remindersText } from "./reminders-print.js";

const at = 1_700_000_000_000;
const reminder = (name: string, inMs: number, changes: Partial<ReminderReport> = {}): ReminderReport => ({
  ...{ address: "Account/alice", name, handler: "renew", dueAt: at + inMs, missed: "once", tick: 1 },
  ...changes,
});

describe("reminders for people", () => {
  it("say when each ticks next and how often, the earliest first", () => {
    const reminders = [
      reminder("late", -303_000, { overdueMs: 303_000 }),
      reminder("renew", 11_100_000, { every: 30 * 86_400_000, tick: 12 }),
      reminder("report", 12_000_000, { cron: "0 9 * * mon-fri", tz: "Europe/Berlin", missed: "skip" }),
      reminder("@refresh", 12_000_000, { handler: "refresh", cron: "*/5 * * * *" }),
    ];
    expect(remindersText({ at, reminders, more: false })).toBe(
      "ACTOR          NAME      HANDLER  DUE         REPEATS                         MISSED  TICK\n" +
        "Account/alice  late      renew    5m 3s late  -                               once    1\n" +
        "Account/alice  renew     renew    in 3h 5m    every 30d                       once    12\n" +
        "Account/alice  report    renew    in 3h 20m   0 9 * * mon-fri, Europe/Berlin  skip    1\n" +
        "Account/alice  @refresh  refresh  in 3h 20m   */5 * * * *                     once    1\n",
    );
  });

  it("show periods that are not round in full", () => {
    const reminders = [reminder("a", 5_000, { every: 90_000 }), reminder("b", 5_000, { every: 20_000 })];
    expect(remindersText({ at, reminders, more: false })).toMatch(/ every 1m 30s +once[^]* every 20 s +once/);
  });

  it("say that there are more, or that there are none", () => {
    expect(remindersText({ at, reminders: [reminder("a", 0)], more: true })).toMatch(
      /\nthere are more: name a type or an actor, or raise --limit\n$/,
    );
    expect(remindersText({ at, reminders: [], more: false })).toBe("no reminders\n");
  });

  it.each([
    [-1_000, "1 s late"],
    [-999, "now"],
    [999, "now"],
    [1_000, "in 1 s"],
  ])("take what is due in %d ms for: %s", (inMs, text) => expect(dueText(inMs)).toBe(text));
});
