import { decideTick, type Reminder } from "@actor-runtime/core";
import { SeededRandom } from "@actor-runtime/embedded";
import type {
  RefusedTick,
  ReminderChapter,
  ReminderEntry,
  ReminderHistory,
  ReminderSet,
  TestedTime,
  TickRun,
} from "@actor-runtime/testing";
import type { Open } from "./good-history.js";

/** A history of reminders whose parts may be changed, to make a bad one of it. */
export interface OpenReminders extends Open<ReminderHistory> {
  chapters: (Omit<ReminderChapter, "entries"> & { entries: Open<ReminderEntry>[] })[];
  runs: Open<TickRun>[];
  refused: RefusedTick[];
}

const names = ["one", "two", "three"];
const stepMs = 700;
const steps = 80;

/** An actor that sets and cancels reminders and handles their ticks by the rule, now and then late. */
export function goodReminders(seed: number): OpenReminders {
  const random = new SeededRandom(seed);
  const below = (bound: number) => Math.floor(random.next() * bound);
  const oneOf = <T>(items: readonly T[]): T => items[below(items.length)]!;
  const address = "Planner/a";
  const entries: Open<ReminderEntry>[] = [];
  const history: OpenReminders = {
    ...{ chapters: [{ address, entries }], runs: [], refused: [], erased: [], rewound: false, steps: [] },
    ...{ peaceMs: 0, calmMs: Number.POSITIVE_INFINITY, left: { actors: [], alarms: 0 } },
  };
  const live = new Map<string, { readonly set: ReminderSet; record: Reminder }>();
  const time = (): TestedTime =>
    oneOf([{ in: below(4_000) }, { every: 1_000 + below(3) * 1_000 }, { cron: 2_000 + below(2) * 3_000 }]);
  for (let step = 1; step <= steps; step++) {
    // It was away for a while.
    const atMs = step * stepMs * 2 + (step % 10 === 0 ? stepMs : 0);
    for (const [name, { set, record }] of [...live].filter(
      ([
        ,
        {
          record: { dueAt },
        },
      ]) => dueAt <= atMs,
    )) {
      const { run, next } = decideTick(record, atMs, (cron, _, after) => (Math.floor(after / +cron) + 1) * +cron);
      const { label, refused = false } = set;
      const { dueAt } = record;
      if (run) history.runs.push({ address, label, dueAt, atMs });
      if (run && refused) history.refused.push({ address, label, id: `${label}-${record.tick}` });
      if (run && !refused) entries.push({ kind: "ticked", name, label, dueAt, begunMs: atMs, atMs, did: [] });
      if (next === undefined) live.delete(name);
      else live.set(name, { set, record: next });
    }
    const name = oneOf(names);
    const chance = below(6);
    if (chance < 3) {
      const set = setOf(name, `r${step}`, time(), oneOf(["skip", "once", "all"]), random.next() < 0.2, atMs);
      entries.push(set);
      live.set(name, { set, record: recordOf(set) });
    } else if (chance < 4) {
      entries.push({ kind: "cancelled", name, found: live.delete(name), atMs });
    } else {
      const reminders = Array.from(live, ([known, { record }]) => ({ name: known, dueAt: record.dueAt }));
      entries.push({ kind: "listed", reminders, atMs });
    }
  }
  return history;
}

function setOf(
  name: string,
  label: string,
  time: TestedTime,
  missed: ReminderSet["missed"],
  refused: boolean,
  atMs: number,
): ReminderSet {
  const dueAt = "cron" in time ? (Math.floor(atMs / time.cron) + 1) * time.cron : atMs + Object.values(time)[0]!;
  return { kind: "set", name, label, time, missed, ...(refused && { refused }), dueAt, atMs };
}

function recordOf({ label, time, missed, dueAt, atMs }: ReminderSet): Reminder {
  const schedule =
    "every" in time ? { every: time.every, from: atMs } : "cron" in time ? { cron: String(time.cron) } : undefined;
  return { id: label, handler: "tick", args: [], schedule, missed, tick: 1, dueAt };
}
