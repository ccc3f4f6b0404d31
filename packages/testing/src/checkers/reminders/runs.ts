import { missedAfterMs } from "@actor-runtime/core";
import { grouped } from "../groups.js";
import type { ReminderHistory, ReminderSet, TickRun } from "./reminder-history.js";
import type { ReminderAnomaly, ReminderViolation } from "./reminder-violation.js";
import type { Replay } from "./replay.js";
import type { StoreClock } from "./store-clock.js";
import { periodOf } from "./times.js";

/** Also a run that leaves nothing is of a reminder that was committed, and not before its time. */
export function checkRuns(
  { runs, chapters, erased, rewound }: ReminderHistory,
  replays: readonly (readonly [address: string, replay: Replay])[],
  clock: StoreClock,
): ReminderViolation[] {
  const sets = new Map(replays.flatMap(([, replay]) => [...replay.sets]));
  const forgotten = new Set(rewound ? runs.map(({ address }) => address) : erased);
  const ticked = new Set(
    chapters.flatMap(({ entries }) =>
      entries.flatMap((entry) => (entry.kind === "ticked" ? tickOf(entry.label, entry.dueAt) : [])),
    ),
  );
  return [...grouped(runs, ({ label, dueAt }) => tickOf(label, dueAt))].flatMap(([tick, ofTick]) => {
    const first = ofTick.reduce((a, b) => (b.atMs < a.atMs ? b : a));
    const set = sets.get(first.label);
    const found: ReminderViolation[] = [];
    if (set === undefined && !forgotten.has(first.address)) {
      found.push(violation("stray tick", first, "ran, and nothing that counts had set it"));
    }
    if (clock.shownBy(first.atMs) < first.dueAt) {
      found.push(violation("early tick", first, `ran ${first.dueAt - first.atMs} ms before its time`));
    }
    if (set !== undefined && ticked.has(tick) && isMissed(set, first, clock)) {
      found.push(violation("missed tick", first, "ran first when it was missed already, and took effect"));
    }
    return found;
  });
}

/** It is left out when it is late, unless it had begun in time. */
function isMissed({ missed, time }: ReminderSet, { dueAt, atMs }: TickRun, clock: StoreClock): boolean {
  if (missed !== "skip") return false;
  const lateMs = atMs - clock.wrongBy(atMs) - dueAt;
  return lateMs > Math.min(periodOf(time) ?? Number.POSITIVE_INFINITY, missedAfterMs);
}

function tickOf(label: string, dueAt: number): string {
  return `${label} ${dueAt}`;
}

function violation(anomaly: ReminderAnomaly, { address, label, dueAt, atMs }: TickRun, what: string) {
  return { anomaly, address, what: `${label} of ${dueAt} ms at ${atMs} ms ${what}` };
}
