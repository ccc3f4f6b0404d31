import type { ReminderAnomaly, ReminderSet, ReminderTicked } from "@actor-runtime/testing";
import type { Open } from "../good-history.js";
import type { OpenReminders } from "../good-reminders.js";
import type { PickOne } from "../mistake.js";

/** One way in which a history of reminders can be bad. */
export interface ReminderMistake {
  readonly anomaly: ReminderAnomaly;
  readonly title: string;
  /** Spoils a good history and returns what of it should be named; `undefined` when there is nothing to spoil. */
  readonly make: (history: OpenReminders, pick: PickOne) => string | undefined;
}

export const reminderMistakes: readonly ReminderMistake[] = [
  {
    anomaly: "stray tick",
    title: "a tick of what a failed turn had set",
    make(history, pick) {
      const tick = pick(ticks(history));
      const { entries } = history.chapters[0]!;
      const at = entries.findIndex((entry) => entry.kind === "set" && entry.label === tick?.label);
      if (at !== -1) entries.splice(at, 1);
      return tick?.label;
    },
  },
  {
    anomaly: "ended tick",
    title: "a tick of what was cancelled or replaced",
    make(history, pick) {
      const { entries } = history.chapters[0]!;
      const set = pick(sets(history).filter(({ refused, time }) => !refused && "every" in time));
      const end = entries.findIndex((entry) => isEndOf(entry, set, entries));
      if (set === undefined || end === -1) return undefined;
      entries.splice(end + 1, 0, tickOf(set, set.dueAt, 1_000_000));
      return set.label;
    },
  },
  {
    anomaly: "repeated tick",
    title: "a tick that takes effect twice",
    make(history, pick) {
      const tick = pick(ticks(history));
      const { entries } = history.chapters[0]!;
      if (tick !== undefined) entries.splice(entries.indexOf(tick) + 1, 0, { ...tick });
      return tick?.label;
    },
  },
  {
    anomaly: "early tick",
    title: "a tick that takes effect before its time",
    make(history, pick) {
      const tick = pick(ticks(history));
      if (tick !== undefined) tick.begunMs = tick.dueAt - 60;
      return tick?.label;
    },
  },
  {
    anomaly: "early tick",
    title: "a tick that runs before its time, and fails",
    make(history, pick) {
      const run = pick(history.runs);
      if (run !== undefined) run.atMs = run.dueAt - 60;
      return run?.label;
    },
  },
  {
    anomaly: "late tick",
    title: "a tick that comes late although nothing fails",
    make(history, pick) {
      const tick = pick(ticks(history));
      if (tick !== undefined) tick.begunMs = tick.atMs + 16_000;
      return tick?.label;
    },
  },
  {
    anomaly: "lost tick",
    title: "a tick that never comes",
    make(history, pick) {
      const set = pick(sets(history).filter(({ time, refused }) => !refused && "in" in time));
      if (set === undefined) return undefined;
      const { entries } = history.chapters[0]!;
      entries.splice(entries.indexOf(set) + 1, entries.length, {
        kind: "listed",
        reminders: [...live(history, set), { name: set.name, dueAt: set.dueAt }],
        atMs: set.dueAt + 15_001,
      });
      return set.label;
    },
  },
  {
    anomaly: "wrong time",
    title: "a first tick after more than the period",
    make(history, pick) {
      const set = pick(sets(history));
      if (set !== undefined) set.dueAt += 7_000;
      return set?.label;
    },
  },
  {
    anomaly: "wrong time",
    title: "a tick beside its times",
    make(history, pick) {
      const tick = pick(ticks(history));
      if (tick !== undefined) tick.dueAt += 1;
      return tick?.label;
    },
  },
  {
    anomaly: "skipped tick",
    title: "a time that is left out of all",
    make(history, pick) {
      const tick = pick(ticks(history).filter(({ label }) => isAll(history, label)));
      const later = ticks(history).filter((other) => tick && other.label === tick.label && other.dueAt > tick.dueAt);
      if (tick === undefined || later.length === 0) return undefined;
      const { entries } = history.chapters[0]!;
      entries.splice(entries.indexOf(tick), 1);
      return tick.label;
    },
  },
  {
    anomaly: "missed tick",
    title: "a tick of its own for each missed time, where one for all was wanted",
    make(history, pick) {
      const set = pick(sets(history).filter(({ label, missed }) => missed === "all" && isBehind(history, label)));
      if (set !== undefined) set.missed = "once";
      return set?.label;
    },
  },
  {
    anomaly: "missed tick",
    title: "a tick that was to be skipped",
    make(history, pick) {
      const set = pick(sets(history).filter(({ missed, refused }) => missed === "skip" && !refused));
      const run = history.runs.find(({ label }) => label === set?.label);
      if (run !== undefined) run.atMs = run.dueAt + 60_051;
      return run?.label;
    },
  },
  {
    anomaly: "wrong list",
    title: "a list that lacks one",
    make(history, pick) {
      const set = pick(sets(history).filter(({ time }) => !("in" in time)));
      if (set === undefined) return undefined;
      const { entries } = history.chapters[0]!;
      entries.splice(entries.indexOf(set) + 1, 0, { kind: "listed", reminders: [], atMs: set.atMs });
      return set.label;
    },
  },
  {
    anomaly: "wrong list",
    title: "something cancelled that was not there",
    make(history) {
      history.chapters[0]!.entries.push({ kind: "cancelled", name: "four", found: true, atMs: 1_000_000 });
      return "four";
    },
  },
  {
    anomaly: "wrong letters",
    title: "a refused tick with two dead letters",
    make(history, pick) {
      const tick = pick(history.refused);
      if (tick !== undefined) history.refused.push(tick);
      return tick?.label;
    },
  },
  {
    anomaly: "left over",
    title: "an alarm that stays",
    make(history) {
      history.left = { actors: [], alarms: 1 };
      return "1 alarms";
    },
  },
  {
    anomaly: "left over",
    title: "an actor that the store would wake",
    make(history) {
      history.left = { actors: ["Planner/b"], alarms: 0 };
      return "Planner/b";
    },
  },
];

type Entry = OpenReminders["chapters"][number]["entries"][number];

function ticks({ chapters }: OpenReminders): Open<ReminderTicked>[] {
  return chapters.flatMap(({ entries }) => entries.flatMap((entry) => (entry.kind === "ticked" ? entry : [])));
}

function sets({ chapters }: OpenReminders): Open<ReminderSet>[] {
  return chapters.flatMap(({ entries }) => entries.flatMap((entry) => (entry.kind === "set" ? entry : [])));
}

function isAll(history: OpenReminders, label: string): boolean {
  return sets(history).some((set) => set.label === label && set.missed === "all");
}

/** One of its ticks comes when the next was due already, and by more than clocks differ. */
function isBehind(history: OpenReminders, label: string): boolean {
  const own = ticks(history).filter((tick) => tick.label === label);
  return own.some(({ dueAt }, index) => index > 0 && dueAt < own[index - 1]!.atMs - 50);
}

function tickOf({ name, label }: ReminderSet, dueAt: number, atMs: number): ReminderTicked {
  return { kind: "ticked", name, label, dueAt, begunMs: atMs, atMs, did: [] };
}

/** It cancels or replaces what was set. */
function isEndOf(entry: Entry, set: ReminderSet | undefined, entries: readonly Entry[]): boolean {
  if (set === undefined || entries.indexOf(entry) <= entries.indexOf(set)) return false;
  return (entry.kind === "set" || (entry.kind === "cancelled" && entry.found)) && entry.name === set.name;
}

/** Others that may be set when this one is. */
function live(history: OpenReminders, { name, atMs }: ReminderSet): { name: string; dueAt: number }[] {
  const next = history.chapters[0]!.entries.find((entry) => entry.kind === "listed" && entry.atMs > atMs);
  return next?.kind === "listed" ? next.reminders.filter((other) => other.name !== name) : [];
}
