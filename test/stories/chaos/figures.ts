import { replays, type Totals } from "./counting-telemetry.js";
import type { Entry } from "./journal.js";

/** A story in numbers. */
export interface Figures {
  readonly succeeded: number;
  /** Failed calls by error. */
  readonly failed: Totals;
  /** Deliveries that came again. */
  readonly redeliveries: number;
  /** Messages that came again and were dropped. */
  readonly duplicates: number;
  /** Frames published again, commits sent again, answers given again. */
  readonly replays: number;
  readonly seconds: number;
  /** Everything that was counted. */
  readonly totals: Totals;
}

export function figuresOf(journal: readonly Entry[], totals: Totals, ms: number): Figures {
  const failed: Record<string, number> = {};
  for (const { kind, end } of journal) {
    if (end.is !== "failed") continue;
    const name = `${kind}: ${end.error}, ${end.effect}`;
    failed[name] = (failed[name] ?? 0) + 1;
  }
  return {
    succeeded: journal.filter(({ end }) => end.is !== "failed").length,
    failed,
    redeliveries: totals["actor.redeliveries"] ?? 0,
    duplicates: totals["actor.duplicates"] ?? 0,
    replays: totals[replays] ?? 0,
    seconds: ms / 1_000,
    totals,
  };
}
