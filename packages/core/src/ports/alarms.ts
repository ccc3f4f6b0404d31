import type { PartitionId } from "../model/partition.js";

/** A wake-up call: a hint that a reminder of the partition is due, never the truth itself. */
export interface Alarm {
  /** Names this one ring: set again, nothing changes. Letters, digits, `-` and `_`; not digits alone. */
  readonly id: string;
  readonly partition: PartitionId;
  /** ms since 1970 */
  readonly dueAt: number;
  readonly hint: string;
}

/**
 * Hands an alarm on.
 *
 * @returns ms after which it is to ring again, for it rang before its time; `undefined`: it is done. A rejection rings again,
 * later.
 */
export type Ring = (alarm: Alarm) => Promise<number | undefined>;

/**
 * The clock behind reminders: survives restarts, and rings at least once, in any process that listens. It may ring early where
 * clocks differ, and what it loses nobody gets back but from the records of the reminders themselves.
 */
export interface Alarms {
  /** Many at once: alarms are set with the commit of many turns. */
  set(alarms: readonly Alarm[]): Promise<void>;
  /** Alarms that rang, or never were, are no error. */
  cancel(ids: readonly string[]): Promise<void>;
  /** Alarms that became due while nobody listened ring now. Returns how to stop. */
  listen(ring: Ring): Promise<() => Promise<void>>;
  close(): Promise<void>;
}
