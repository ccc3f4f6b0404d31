import type { MissedPolicy } from "@actor-runtime/core";
import type { ReminderTime } from "@actor-runtime/runtime";
import type { TestedTime } from "../checkers/reminders/reminder-history.js";
import type { Dice } from "./dice.js";

export const plannerKeys = ["r", "s", "t"] as const;
/** It keeps what destroyed planners had noted. */
export const archiveKey = "archive";
const names = ["one", "two", "three"] as const;

/** What is set; it travels to actors, so it is plain data. */
export interface SetAct {
  readonly kind: "set";
  readonly name: string;
  readonly time: TestedTime;
  readonly missed: MissedPolicy;
  /** `tickBoth` does its acts in a transaction with another planner. */
  readonly handler: "tick" | "tickBoth" | "refuse";
  /** For how long each tick works. */
  readonly workMs: number;
  /** What each tick does to the reminders of its actor. */
  readonly acts: readonly Act[];
}

/** One thing that a turn does to the reminders of its actor. */
export type Act =
  | SetAct
  | { readonly kind: "cancel"; readonly name: string }
  | { readonly kind: "list" }
  /** The last of its turn. */
  | { readonly kind: "destroy" };

/** Ticks of calm times: seldom, so that they cost little, and each in another way. */
export const calmActs: readonly Act[] = [
  plainly("one", { in: 3_000 }, "once"),
  plainly("two", { every: 20_000 }, "all"),
  plainly("three", { cron: 30_000 }, "skip"),
];

/** @param depth how far ticks set what ticks */
export function drawActs(dice: Dice, depth = 2): Act[] {
  const acts: Act[] = Array.from({ length: dice.between(1, 2) }, () => drawAct(dice, depth));
  return dice.happens(0.04) ? [...acts, { kind: "destroy" }] : acts;
}

/** As it is given to `set`. */
export function reminderTime(time: TestedTime, missed: MissedPolicy): ReminderTime {
  return "cron" in time ? { cron: `*/${time.cron / 1_000} * * * * *`, missed } : { ...time, missed };
}

function drawAct(dice: Dice, depth: number): Act {
  const chance = dice.below(10);
  const name = dice.oneOf(names);
  if (chance < 2) return { kind: "cancel", name };
  if (chance < 3) return { kind: "list" };
  const again = depth > 0 && dice.happens(0.25);
  const time = drawTime(dice);
  return {
    kind: "set",
    name,
    time,
    missed: dice.oneOf(["skip", "once", "all"]),
    handler: drawHandler(dice, time),
    workMs: dice.happens(0.1) ? dice.below(1_500) : 0,
    acts: again ? drawActs(dice, depth - 1) : [],
  };
}

/** Transactions that come again and again may come faster than they end. */
function drawHandler(dice: Dice, time: TestedTime): SetAct["handler"] {
  const chance = dice.below(10);
  if (chance === 0) return "refuse";
  return chance < 3 && "in" in time ? "tickBoth" : "tick";
}

function drawTime(dice: Dice): TestedTime {
  const chance = dice.below(10);
  if (chance < 5) return { in: dice.happens(0.1) ? 0 : dice.below(5_000) };
  if (chance < 8) return { every: dice.oneOf([2_500, 4_000, 7_000]) };
  return { cron: dice.oneOf([3_000, 5_000, 10_000]) };
}

function plainly(name: string, time: TestedTime, missed: MissedPolicy): SetAct {
  return { kind: "set", name, time, missed, handler: "tick", workMs: 0, acts: [] };
}
