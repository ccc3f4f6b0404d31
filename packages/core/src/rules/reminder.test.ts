import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  decideTick,
  type MissedPolicy,
  missedAfterMs,
  type NextCron,
  nextTime,
  type Reminder,
  type ReminderSchedule,
} from "./reminder.js";

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const start = Date.UTC(2026, 0, 1);

/** Stands for a calendar with gaps: "first" is the first of each month until 2030, "never" names no time. */
const nextCron: NextCron = (cron, _tz, after) => {
  if (cron !== "first") return undefined;
  const at = new Date(after);
  const next = Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + 1, 1);
  return next < Date.UTC(2030, 0, 1) ? next : undefined;
};

function reminder(missed: MissedPolicy, dueAt: number, schedule?: ReminderSchedule): Reminder {
  return { id: "a", handler: "renew", args: [], schedule, missed, tick: 1, dueAt };
}

function everyHour(missed: MissedPolicy): Reminder {
  return reminder(missed, start + hour, { every: hour, from: start });
}

interface Run {
  readonly tick: number;
  readonly dueAt: number;
  readonly at: number;
}

/** Lives through one reminder whose owner looks at it at these times. */
function live(first: Reminder, looks: Iterable<number>): { readonly runs: Run[]; readonly last: Reminder | undefined } {
  const runs: Run[] = [];
  let last: Reminder | undefined = first;
  for (const now of looks) {
    while (last !== undefined && last.dueAt <= now) {
      const { tick, dueAt } = last;
      const { run, next } = decideTick(last, now, nextCron);
      if (run) runs.push({ tick, dueAt, at: now });
      last = next;
    }
  }
  return { runs, last };
}

const policy = fc.constantFrom<MissedPolicy>("skip", "once", "all");
const period = fc.integer({ min: 1_000, max: 30 * day });
const repeating = fc
  .tuple(policy, period, fc.integer({ min: 0, max: start }))
  .map(([missed, every, from]) => reminder(missed, from + every, { every, from }));
/** From punctual to down for weeks. */
const late = fc.oneof(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 0, max: 60 * day }));

describe("a tick on time", () => {
  it.each(["skip", "once", "all"] as const)("runs, and the next comes one period later (%s)", (missed) => {
    expect(decideTick(everyHour(missed), start + hour, nextCron)).toEqual({
      run: true,
      next: { ...everyHour(missed), tick: 2, dueAt: start + 2 * hour },
    });
  });

  it.each(["skip", "once", "all"] as const)("is the last of a reminder that ticks once (%s)", (missed) => {
    expect(decideTick(reminder(missed, start), start, nextCron)).toEqual({ run: true, next: undefined });
  });

  it("is the last when the calendar names no later one", () => {
    const last = reminder("once", Date.UTC(2029, 11, 1), { cron: "first" });
    expect(decideTick(last, last.dueAt, nextCron)).toEqual({ run: true, next: undefined });
  });

  it("follows the calendar, which has months of different lengths", () => {
    const first = reminder("once", Date.UTC(2026, 1, 1), { cron: "first", tz: "UTC" });
    expect(decideTick(first, first.dueAt, nextCron).next).toEqual({ ...first, tick: 2, dueAt: Date.UTC(2026, 2, 1) });
  });
});

describe("after all workers were down for a day and a half, a reminder of every hour", () => {
  const back = start + 36 * hour + 20 * minute;

  it("runs one tick for all, and then keeps to its hours (once)", () => {
    const { runs, last } = live(everyHour("once"), [back]);
    expect(runs).toEqual([{ tick: 1, dueAt: start + hour, at: back }]);
    expect(last).toMatchObject({ tick: 2, dueAt: start + 37 * hour });
  });

  it("runs each tick, in order (all)", () => {
    const { runs, last } = live(everyHour("all"), [back]);
    expect(runs.map(({ tick, dueAt }) => [tick, dueAt])).toEqual(
      Array.from({ length: 36 }, (_, index) => [index + 1, start + (index + 1) * hour]),
    );
    expect(last).toMatchObject({ tick: 37, dueAt: start + 37 * hour });
  });

  it("runs none of them, and then keeps to its hours (skip)", () => {
    const { runs, last } = live(everyHour("skip"), [back, start + 37 * hour]);
    expect(runs).toEqual([{ tick: 2, dueAt: start + 37 * hour, at: start + 37 * hour }]);
    expect(last).toMatchObject({ tick: 3, dueAt: start + 38 * hour });
  });
});

describe("a late tick", () => {
  it("is missed, for skip, once it is late by more than a minute", () => {
    const daily = reminder("skip", start + day, { every: day, from: start });
    expect(decideTick(daily, daily.dueAt + missedAfterMs, nextCron).run).toBe(true);
    expect(decideTick(daily, daily.dueAt + missedAfterMs + 1, nextCron).run).toBe(false);
  });

  it("is missed, for skip, as soon as the next is due", () => {
    const quick = reminder("skip", start + 5_000, { every: 5_000, from: start });
    expect(decideTick(quick, start + 9_999, nextCron).run).toBe(true);
    expect(decideTick(quick, start + 10_000, nextCron)).toMatchObject({ run: false, next: { dueAt: start + 15_000 } });
  });

  it("runs however late when it is the only one, unless missed ones are to be skipped", () => {
    const runs = (missed: MissedPolicy) => decideTick(reminder(missed, start), start + 365 * day, nextCron);
    expect(runs("once")).toEqual({ run: true, next: undefined });
    expect(runs("all")).toEqual({ run: true, next: undefined });
    expect(runs("skip")).toEqual({ run: false, next: undefined });
  });

  it("is the last when the calendar ended meanwhile: once runs it, all runs each month that was", () => {
    const monthly = (missed: MissedPolicy) => reminder(missed, Date.UTC(2029, 8, 1), { cron: "first" });
    const back = Date.UTC(2031, 0, 1);
    expect(live(monthly("once"), [back])).toMatchObject({ runs: [{ tick: 1 }], last: undefined });
    expect(live(monthly("all"), [back])).toMatchObject({ runs: [{ tick: 1 }, {}, {}, { tick: 4 }], last: undefined });
    expect(live(monthly("skip"), [back])).toEqual({ runs: [], last: undefined });
  });
});

describe("ticks, whenever the owner looks", () => {
  const looks = fc.array(late, { maxLength: 20 });

  function times(first: Reminder, gaps: readonly number[]): number[] {
    let now = first.dueAt;
    return gaps.map((gap) => (now += gap));
  }

  /** At most so many, so that `all` of short periods does not take its time. */
  function shortened(first: Reminder, gaps: readonly number[]): number[] {
    const { every } = first.schedule as { readonly every: number };
    return gaps.map((gap) => Math.min(gap, 50 * every));
  }

  it("are numbered without a gap, each later than the one before, and never run early", () => {
    fc.assert(
      fc.property(repeating, looks, (first, gaps) => {
        const { runs, last } = live(first, times(first, shortened(first, gaps)));
        for (const { dueAt, at } of runs) expect(at).toBeGreaterThanOrEqual(dueAt);
        for (const [index, { tick, dueAt }] of runs.entries()) {
          const before = runs[index - 1];
          if (before === undefined) continue;
          expect(tick).toBeGreaterThan(before.tick);
          expect(dueAt).toBeGreaterThan(before.dueAt);
        }
        expect(last!.tick).toBeGreaterThanOrEqual((runs.at(-1)?.tick ?? 0) + 1);
      }),
    );
  });

  it("of a period stay on its grid for ever: being late never moves the ones after", () => {
    fc.assert(
      fc.property(repeating, looks, (first, gaps) => {
        const { every, from } = first.schedule as { readonly every: number; readonly from: number };
        const { runs, last } = live(first, times(first, shortened(first, gaps)));
        for (const { dueAt } of [...runs, last!]) expect((dueAt - from) % every).toBe(0);
      }),
    );
  });

  it("run each exactly once with all", () => {
    fc.assert(
      fc.property(period, looks, (every, gaps) => {
        const first = reminder("all", start + every, { every, from: start });
        const { runs, last } = live(first, times(first, shortened(first, gaps)));
        expect(runs.map(({ dueAt }) => (dueAt - start) / every)).toEqual(runs.map((_, index) => index + 1));
        expect(last!.dueAt).toBe(start + (runs.length + 1) * every);
      }),
    );
  });

  it("run at most once per look with once, and after a look the next one is ahead", () => {
    fc.assert(
      fc.property(period, looks, (every, gaps) => {
        const first = reminder("once", start + every, { every, from: start });
        const at = times(first, gaps);
        const { runs, last } = live(first, at);
        expect(new Set(runs.map((run) => run.at)).size).toBe(runs.length);
        // The first look finds one; so does each that comes at least a period after another.
        for (const [index, now] of at.entries()) {
          if (index === 0 || now - at[index - 1]! >= every) expect(runs.some((run) => run.at === now)).toBe(true);
        }
        expect(last!.dueAt).toBeGreaterThan(at.at(-1) ?? 0);
      }),
    );
  });

  it("with skip run only while they are the latest that is due, and no more than a minute late", () => {
    fc.assert(
      fc.property(period, looks, (every, gaps) => {
        const first = reminder("skip", start + every, { every, from: start });
        for (const { dueAt, at } of live(first, times(first, gaps)).runs) {
          expect(at - dueAt).toBeLessThanOrEqual(missedAfterMs);
          expect(at - dueAt).toBeLessThan(every);
        }
      }),
    );
  });
});

describe("a clock that is set", () => {
  it("back while a tick is under way: it runs, and the next keeps its time", () => {
    for (const missed of ["skip", "once", "all"] as const) {
      expect(decideTick(everyHour(missed), start - 10 * day, nextCron)).toMatchObject({
        run: true,
        next: { tick: 2, dueAt: start + 2 * hour },
      });
    }
  });

  it("forward and back again: no tick runs twice, and none is dated in the past", () => {
    fc.assert(
      fc.property(repeating, fc.array(fc.integer({ min: -3, max: 20 }), { maxLength: 20 }), (first, steps) => {
        const { every } = first.schedule as { readonly every: number };
        let now = first.dueAt;
        const { runs } = live(
          first,
          steps.map((periods) => (now += periods * every)),
        );
        expect(new Set(runs.map(({ tick }) => tick)).size).toBe(runs.length);
        expect(new Set(runs.map(({ dueAt }) => dueAt)).size).toBe(runs.length);
      }),
    );
  });
});

describe("the next time", () => {
  it("is always later, and the first one that is", () => {
    fc.assert(
      fc.property(period, fc.integer({ min: 0, max: start }), late, (every, from, after) => {
        const next = nextTime({ every, from }, from + after, nextCron)!;
        expect(next).toBeGreaterThan(from + after);
        expect(next - every).toBeLessThanOrEqual(from + after);
      }),
    );
  });

  it("comes no sooner than one period after the beginning, also when asked from before it", () => {
    expect(nextTime({ every: hour, from: start }, start - day, nextCron)).toBe(start + hour);
    expect(nextTime({ every: hour, from: start }, start, nextCron)).toBe(start + hour);
  });

  it("of a calendar is what the calendar says, in its time zone", () => {
    const asked: unknown[] = [];
    const note: NextCron = (...args) => {
      asked.push(args);
      return 7;
    };
    expect(nextTime({ cron: "0 9 * * *", tz: "Europe/Berlin" }, 5, note)).toBe(7);
    expect(asked).toEqual([["0 9 * * *", "Europe/Berlin", 5]]);
    expect(nextTime({ cron: "never" }, start, nextCron)).toBeUndefined();
  });

  it("is computed at once, also after a thousand years", () => {
    const after = start + 365_000 * day + 1;
    expect(nextTime({ every: 1_000, from: start }, after, nextCron)).toBe(after - 1 + 1_000);
  });
});
