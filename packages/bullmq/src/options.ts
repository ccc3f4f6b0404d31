import { type Clock, ConfigError, checkType, type Logger, type Random } from "@actor-runtime/core";
import type { Cluster, Redis } from "ioredis";

export interface BullmqAlarmsOptions {
  /**
   * Makes a client of the Redis that keeps the alarms, not connected yet (`lazyConnect`): the alarms connect and end it.
   *
   * @param waits whether its commands wait for the server while it is away, and may block for 10 s
   * (`maxRetriesPerRequest: null`, no `commandTimeout`); otherwise they fail at once (`enableOfflineQueue: false`)
   */
  readonly client: (waits: boolean) => Redis | Cluster;
  /** Names all keys; what has another namespace never meets. */
  readonly namespace: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** How many alarms a listener hands on at once. @default 256 */
  readonly concurrency?: number;
  /** A listener that was silent for as long is taken for dead: what it was handing on rings elsewhere. @default 10000 */
  readonly lockMs?: number;
  /** How often a listener looks whether it sleeps over alarms that are due. @default 10000 */
  readonly watchMs?: number;
  /** How long stopping waits for what is being handed on; the rest rings elsewhere. @default 5000 */
  readonly stopMs?: number;
}

/** The options with every default in place. */
export interface Settings extends Required<BullmqAlarmsOptions> {
  /** Before the names of all keys: the braces keep them together on one node of a Redis Cluster. */
  readonly prefix: string;
}

/** @throws ConfigError naming the option and the fix */
export function settingsOf(options: BullmqAlarmsOptions): Settings {
  const { namespace } = options;
  try {
    checkType(namespace);
  } catch (cause) {
    throw new ConfigError(
      `namespace: "${namespace}" must be 1 to 100 letters, digits, "_", "." or "-", beginning with a letter`,
      { cause },
    );
  }
  const settings = { concurrency: 256, lockMs: 10_000, watchMs: 10_000, stopMs: 5_000, ...options };
  for (const name of ["concurrency", "lockMs", "watchMs"] as const) {
    const value = settings[name];
    if (!Number.isSafeInteger(value) || value < 1) {
      throw new ConfigError(`${name}: ${value} must be a whole number from 1`);
    }
  }
  return { ...settings, prefix: `{${namespace}:alarms}` };
}
