/** What is wrong with a tick, or with the reminders of an actor. */
export type ReminderAnomaly =
  /** It was never set by anything that counts: its turn failed, its transaction aborted, its actor was destroyed since. */
  | "stray tick"
  /** It was cancelled or replaced before. */
  | "ended tick"
  | "repeated tick"
  | "early tick"
  | "late tick"
  /** It is overdue, and nobody ticks. */
  | "lost tick"
  /** At none of its reminder's times. */
  | "wrong time"
  /** A time was passed over that `missed` does not let pass. */
  | "skipped tick"
  /** A tick that `missed` makes one with another, or leaves out. */
  | "missed tick"
  /** `list` or `cancel` said something else than was committed. */
  | "wrong list"
  /** A tick that was refused is no dead letter, or became several. */
  | "wrong letters"
  /** Something is there although no actor has a reminder. */
  | "left over";

/** A promise about reminders that a history breaks: P1 for ticks, P4 for what sets and ends them. */
export interface ReminderViolation {
  readonly anomaly: ReminderAnomaly;
  /** The actor; empty where it is about none. */
  readonly address: string;
  /** What is wrong, without the name of the anomaly. */
  readonly what: string;
}

/** `P1: early tick: Planner/a: m4/1 ran at 900 ms, 100 ms before its time`. */
export function describeReminderViolation({ anomaly, address, what }: ReminderViolation): string {
  return `P1: ${anomaly}: ${address === "" ? "" : `${address}: `}${what}`;
}
