import { ConfigError, checkKey, type Duration, durationMs, type LockMode } from "@actor-runtime/core";
import type { LockOptions } from "./lock-types.js";

const defaultLeaseMs = 10_000;
const defaultWaitMs = 30_000;
const leastLeaseMs = 1_000;
const longestLeaseMs = 10 * 60_000;
/** Bound of the names taken together (P12): each is a message, and travels with every ask made under them. */
const maxNames = 64;

/** `LockOptions` with every default filled in and every value checked. */
export interface NormalLockOptions {
  readonly leaseMs: number;
  readonly waitMs: number;
  readonly mode: LockMode;
  readonly signal: AbortSignal | undefined;
}

/** @throws ConfigError that names the option and the fix */
export function normalLockOptions(options: LockOptions = {}): NormalLockOptions {
  if (typeof options !== "object" || options === null) throw new ConfigError("locks: the options must be an object");
  const { lease = defaultLeaseMs, wait = defaultWaitMs, mode = "exclusive", signal } = options;
  const leaseMs = milliseconds(lease, "lease");
  if (leaseMs < leastLeaseMs || leaseMs > longestLeaseMs) {
    throw new ConfigError(`lease: ${leaseMs} ms is not from 1 s to 10 min; a lock is renewed while it is held`);
  }
  if (mode !== "exclusive" && mode !== "shared") {
    // Not in JSON, which knows no bigint.
    throw new ConfigError(`mode: ${String(mode)} must be "exclusive" or "shared"`);
  }
  if (signal !== undefined && typeof (signal as AbortSignal | null)?.addEventListener !== "function") {
    throw new ConfigError("signal: must be an AbortSignal");
  }
  return { leaseMs, waitMs: milliseconds(wait, "wait"), mode, signal };
}

/**
 * The names in the one order in which everybody takes them, each once.
 *
 * @throws ConfigError when there is none, or too many; InvalidAddressError when one cannot be a name
 */
export function orderedNames(names: string | readonly string[]): readonly string[] {
  const list = typeof names === "string" ? [names] : names;
  if (!Array.isArray(list) || list.length === 0) throw new ConfigError("names: give the name of a lock, or several");
  for (const name of list) checkKey(name);
  const ordered = [...new Set<string>(list)].toSorted();
  if (ordered.length > maxNames) {
    throw new ConfigError(`names: ${ordered.length} locks, at most ${maxNames} are taken together`);
  }
  return ordered;
}

function milliseconds(value: Duration, name: string): number {
  try {
    return durationMs(value, name);
  } catch (error) {
    throw new ConfigError((error as Error).message, { cause: error });
  }
}
