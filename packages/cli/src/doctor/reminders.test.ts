import type { ReminderReport } from "@actor-runtime/runtime";
import { describe, expect, it } from "vitest";
import { mostOverdue, reminderChecks } from "./reminders.js";

const late = (address: string, name: string, overdueMs: number): ReminderReport => ({
  ...{ address, name, handler: "renew", dueAt: 1_700_000_000_000 - overdueMs, missed: "once", tick: 1, overdueMs },
});

describe("doctor on reminders", () => {
  it("finds none overdue", () => {
    expect(reminderChecks([], ["Account"])).toEqual([{ name: "reminders", status: "ok", finding: "none is overdue" }]);
  });

  it("warns of each type that has overdue ones, names the one that is latest, and how to find out why", () => {
    const overdue = [
      late("Account/alice", "renew", 303_000),
      late("Bill/1", "remind", 200_000),
      late("Account/bob", "renew", 61_000),
    ];
    expect(reminderChecks(overdue, ["Other"])).toEqual([
      {
        name: "reminders",
        status: "warn",
        finding: 'Account: 2 overdue, "renew" of Account/alice for 5m 3s',
        fix: "actor-runtime inspect Account/alice says what it waits for; actor-runtime reminders ls Account --overdue lists them",
      },
      expect.objectContaining({ status: "warn", finding: 'Bill: 1 overdue, "remind" of Bill/1 for 3m 20s' }),
    ]);
  });

  it.each(["Account", "Account/alice"])("knows that %s is paused, and says how it goes on", (target) => {
    expect(reminderChecks([late("Account/alice", "renew", 61_000)], ["Bill", target])).toMatchObject([
      { fix: `operators paused it: actor-runtime resume ${target}` },
    ]);
  });

  it("does not say how many there are where it did not look at all of them", () => {
    const overdue = Array.from({ length: mostOverdue }, (_, index) => late(`Account/${index}`, "renew", 61_000));
    expect(reminderChecks(overdue, [])).toMatchObject([{ finding: expect.stringMatching(/^Account: at least 1000 /) }]);
  });
});
