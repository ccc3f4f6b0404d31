import { CronExpressionParser } from "cron-parser";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkCron, nextCron } from "./cron.js";

/** The next times after `from`, each asked for with the one before. */
function times(cron: string, tz: string | undefined, from: string, count: number): string[] {
  let at = Date.parse(from);
  return Array.from({ length: count }, () => {
    at = nextCron(cron, tz, at)!;
    return new Date(at).toISOString().slice(0, 16);
  });
}

describe("the next time of a cron expression", () => {
  it("is in UTC unless a time zone is given", () => {
    expect(times("0 9 * * mon-fri", undefined, "2026-07-03T10:00Z", 2)).toEqual([
      "2026-07-06T09:00",
      "2026-07-07T09:00",
    ]);
    expect(times("0 9 * * mon-fri", "Europe/Berlin", "2026-07-03T10:00Z", 1)).toEqual(["2026-07-06T07:00"]);
    expect(times("0 9 * * mon-fri", "America/New_York", "2026-07-03T10:00Z", 1)).toEqual(["2026-07-03T13:00"]);
  });

  it("takes six fields, seconds first", () => {
    expect(nextCron("*/10 * * * * *", undefined, 0)).toBe(10_000);
    expect(nextCron("30 0 12 * * *", undefined, 0)).toBe(12 * 3_600_000 + 30_000);
  });

  it("comes after the time given, by any fraction of a second", () => {
    expect([0, 999, 1_000, 1_999].map((after) => nextCron("* * * * * *", undefined, after))).toEqual([
      1_000, 1_000, 2_000, 2_000,
    ]);
    expect(nextCron("0 * * * * *", undefined, 59_999)).toBe(60_000);
    expect(nextCron("0 * * * * *", undefined, 60_000)).toBe(120_000);
  });

  it("that is left out when clocks are put forward comes an hour later by the clock, on that day only", () => {
    expect(times("30 2 * * *", "Europe/Berlin", "2026-03-27T12:00Z", 3)).toEqual([
      "2026-03-28T01:30",
      "2026-03-29T01:30",
      "2026-03-30T00:30",
    ]);
  });

  it("that comes twice when clocks are put back is meant the first time", () => {
    expect(times("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00Z", 2)).toEqual([
      "2026-10-25T00:30",
      "2026-10-26T01:30",
    ]);
  });

  it("of every hour comes every hour, also when clocks are put forward or back", () => {
    expect(times("0 * * * *", "Europe/Berlin", "2026-03-28T23:30Z", 4)).toEqual([
      "2026-03-29T00:00",
      "2026-03-29T01:00",
      "2026-03-29T02:00",
      "2026-03-29T03:00",
    ]);
    expect(times("0 * * * *", "Europe/Berlin", "2026-10-24T22:30Z", 4)).toEqual([
      "2026-10-24T23:00",
      "2026-10-25T00:00",
      "2026-10-25T01:00",
      "2026-10-25T02:00",
    ]);
  });

  it("finds leap days, also over a century that has none", () => {
    expect(times("0 0 29 2 *", undefined, "2026-01-01T00:00Z", 2)).toEqual(["2028-02-29T00:00", "2032-02-29T00:00"]);
    expect(times("0 0 29 2 *", undefined, "2096-03-01T00:00Z", 1)).toEqual(["2104-02-29T00:00"]);
  });

  it("is there in far years, and none is when dates end", () => {
    expect(times("0 9 * * *", "Europe/Berlin", "9998-01-01T00:00Z", 1)).toEqual(["9998-01-01T08:00"]);
    expect(nextCron("0 9 * * *", undefined, 8.64e15)).toBeUndefined();
  });

  it("does not depend on what was asked before", () => {
    const cron = fc.constantFrom("30 2 * * *", "*/20 * * * *", "0 1-3 * * sun", "15 30 2 25-31 3,10 *");
    const switches = fc.constantFrom(Date.UTC(2026, 2, 29), Date.UTC(2026, 9, 25));
    const after = fc.tuple(switches, fc.integer({ min: -86_400_000, max: 86_400_000 })).map(([at, by]) => at + by);
    fc.assert(
      fc.property(
        cron,
        fc.constantFrom("Europe/Berlin", "UTC"),
        fc.array(after, { maxLength: 4 }),
        (text, tz, asked) => {
          for (const at of asked) {
            const fresh = CronExpressionParser.parse(text, { tz, currentDate: new Date(at) })
              .next()
              .getTime();
            expect(nextCron(text, tz, at)).toBe(fresh);
          }
        },
      ),
    );
  });

  it("is right for more expressions than are kept parsed", () => {
    for (let round = 0; round < 2; round++) {
      for (let minute = 0; minute < 300; minute++) {
        const at = nextCron(`${minute % 60} ${Math.floor(minute / 60)} * * *`, undefined, -1);
        expect(at).toBe(minute * 60_000);
      }
    }
  });
});

describe("a cron expression", () => {
  it.each([
    ["0 9 * * mon-fri", "Europe/Berlin"],
    ["*/5 * * * * *", undefined],
    ["0 0 29 2 *", "UTC"],
    ["0 0 L * *", "Asia/Kathmandu"],
    ["0 0 ? * mon#2", "Etc/GMT+5"],
    ["  0  9 * * *  ", undefined],
  ])("may be %j in %s", (cron, tz) => {
    expect(checkCron(cron, tz)).toBeUndefined();
  });

  it.each([
    ["0 0 30 2 *", "names a day that never comes"],
    ["0 0 31 4,6 *", "names a day that never comes"],
    ["", "is no cron expression; write five or six fields"],
    ["* * * *", "is no cron expression; write five or six fields"],
    ["* * * * * * *", "is no cron expression; write five or six fields"],
    ["@daily", "is no cron expression; write five or six fields"],
    ["61 * * * *", "(Constraint error, got value 61 expected range 0-59); write five or six fields"],
    ["a b c d e", "is no cron expression (Invalid characters"],
    ["0 0 * * foo", "is no cron expression"],
    ["*/0 * * * *", "is no cron expression"],
    ["H 9 * * *", "H is a field chosen by chance; write a number"],
    [7, "cron: 7 is no text"],
    [null, "cron: null is no text"],
  ])("may not be %j, which is told with the fix", (cron, message) => {
    expect(checkCron(cron, undefined)).toContain(message);
  });

  it.each(["Mars/Olympus", "", "+02:00", "UTC+2", "local", "system", 1, null])("has no time zone %j", (tz) => {
    expect(checkCron("0 9 * * *", tz)).toMatch(/^tz: .* is no time zone of the IANA database; write for example/);
  });
});
