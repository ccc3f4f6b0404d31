import type { PartitionId } from "../model/partition.js";

/** A wake-up call: a hint that a reminder of the partition is due, never the truth itself. */
export interface Alarm {
  /** Deterministic, so that setting it again replaces it. */
  readonly id: string;
  readonly partition: PartitionId;
  /** ms since 1970 */
  readonly dueAt: number;
  readonly hint: string;
}

/** The clock behind reminders: survives restarts, rings at least once and not before its time, in any process that listens. */
export interface Alarms {
  set(alarm: Alarm): Promise<void>;
  cancel(id: string): Promise<void>;
  /** `ring` resolves when the hint is handed on; a rejection rings again later. Returns how to stop. */
  listen(ring: (alarm: Alarm) => Promise<void>): Promise<() => Promise<void>>;
  close(): Promise<void>;
}
