import type { MissedPolicy } from "@actor-runtime/core";

/** Which reminders to list; all conditions hold. */
export interface ReminderFilter {
  /** Of actors of this type only. */
  readonly type?: string;
  /** Of this actor only. */
  readonly address?: string;
  /** Of actors whose keys begin with this only. */
  readonly prefix?: string;
  /** Due by then only, in ms since 1970. Now: those that are overdue. */
  readonly dueBefore?: number | Date;
  /** How many at most. @default 1000 */
  readonly limit?: number;
}

/** A reminder as operators see it; its arguments may be private. */
export interface ReminderReport {
  readonly address: string;
  readonly name: string;
  readonly handler: string;
  /** When it ticks next, in ms since 1970 by the store's clock. */
  readonly dueAt: number;
  /** Its period in ms, its cron expression and time zone; all absent: it ticks once. */
  readonly every?: number;
  readonly cron?: string;
  readonly tz?: string;
  readonly missed: MissedPolicy;
  /** Number of its next tick, from 1. */
  readonly tick: number;
  /** For how long (ms) its next tick should have been done; absent: it is not due. */
  readonly overdueMs?: number;
}

/** Reminders of all actors, for operators. */
export interface ReminderAdmin {
  /**
   * Committed reminders, the earliest due first, of all actors or those asked for. Wakes no actor.
   *
   * Reads as it is asked for more: in memory are at most `limit` reminders, the states of 50 actors, and of one partition's
   * index as many rows as it takes to find `limit` actors of those asked for. Actors whose reminders tick meanwhile may be
   * missing, or be there with their next tick.
   *
   * @throws InvalidAddressError, UnknownTypeError, ConfigError that names the field, StoreUnavailableError
   * @example
   * for await (const { address, name } of system.reminders.list({ type: "Account", dueBefore: Date.now() - 60_000 })) {
   *   console.log(`${name} of ${address} is late`);
   * }
   */
  list(filter?: ReminderFilter): AsyncIterable<ReminderReport>;
  /**
   * Cancels a reminder, in a turn of its actor like any other: it waits for its place among the actor's messages, for 30 s, and a
   * tick that runs is done first.
   *
   * @returns whether there was one
   * @throws InvalidArgumentsError when it is declared with `@Every`: take that out of the class, or pause the actor
   * @throws AskTimeoutError, UnknownOutcomeError when nobody knows: list to find out
   * @example await system.reminders.cancel("Account/alice", "renew"); // true
   */
  cancel(address: string, name: string): Promise<boolean>;
}
