import type { QueueDepth } from "@actor-runtime/bullmq";
import { durationText } from "../commands/units.js";
import type { Check } from "./check.js";

/** Alarms that are late by less are no finding (ms). */
const overdueAfterMs = 60_000;

/** Whether the alarms that wake reminders ring; those that do not make ticks late by seconds, and lose none. */
export function alarmsCheck({ set, due, failed, overdueMs, paused }: QueueDepth): Check {
  const name = "alarms";
  const late = "reminders tick some seconds late";
  if (paused) {
    const finding = `somebody paused BullMQ's queue of alarms: ${late}`;
    return { name, status: "warn", finding, fix: "resume the queue, for example in bull-board" };
  }
  if (overdueMs > overdueAfterMs) {
    const finding = `the next alarm has been due for ${durationText(overdueMs)}, no worker listens: ${late}`;
    return { name, status: "warn", finding, fix: "start a worker, or look for what its log says of alarms" };
  }
  if (failed > 0) {
    const finding = `${failed} alarms ended without ringing: ${late}`;
    return { name, status: "warn", finding, fix: "read why in bull-board, then clean the failed ones there" };
  }
  return { name, status: "ok", finding: `${set} set, ${due} about to ring` };
}
