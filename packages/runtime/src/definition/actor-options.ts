import { ConfigError, checkType, type Duration, InvalidAddressError } from "@actor-runtime/core";
import type { ActorDefinition } from "./actor-definition.js";
import { positiveMs } from "./positive-ms.js";

/** Options of `@Actor`. */
export interface ActorOptions {
  /**
   * How many partitions the mailbox is cut into, 1–1024; each has one owner, so take at least 4 × the workers planned.
   * Recorded by the first worker; another count is refused later.
   *
   * @default 16
   */
  partitions?: number;
  /** Shares a mailbox with other types by name; the types must ask for the same number of partitions. @default its own */
  mailbox?: string;
  /** Version of the stored state. Raise it when fields change their meaning. @default 1 */
  version?: number;
  /** Turns state stored under the older version `from` into today's, at load. Fields are listed by their stored name. */
  migrate?(this: void, old: Record<string, unknown>, from: number): Record<string, unknown>;
  /** How long the answer to an ask is kept for a repeat with its idempotency key. @default "2m" */
  replyRetention?: Duration;
  /** How long an instance without messages stays in memory. @default "10m" */
  idleAfter?: Duration;
  /**
   * Whether later messages of the same actor wait while a told message is retried: `"hold"` keeps them in order, `"pass"`
   * lets them overtake.
   *
   * @default "hold"
   */
  whileRetrying?: "hold" | "pass";
  /** How often a told message is tried before it becomes a dead letter. @default 5 */
  attempts?: number;
}

/** `ActorOptions` with every default filled in and every value checked. */
export type ActorSettings = Pick<
  ActorDefinition,
  "name" | "mailbox" | "version" | "migrate" | "replyRetentionMs" | "idleAfterMs" | "whileRetrying" | "attempts"
>;

const defaults = {
  partitions: 16,
  version: 1,
  replyRetention: "2m",
  idleAfter: "10m",
  whileRetrying: "hold",
  attempts: 5,
} as const satisfies ActorOptions;

const fields: ReadonlySet<string> = new Set([...Object.keys(defaults), "mailbox", "migrate"]);
const maxPartitions = 1_024;

/** @throws ConfigError that names class, field and fix */
export function actorSettings(className: string, name: unknown, options: ActorOptions = {}): ActorSettings {
  const where = `@Actor on class ${className}`;
  if (typeof name !== "string" || name === "") {
    throw new ConfigError(`${where}: give it a name, @Actor("${className}"); it is the address and the storage key`);
  }
  checkName(name, where);
  for (const field of Object.keys(options)) {
    if (fields.has(field)) continue;
    throw new ConfigError(`${where}: unknown option ${field}; there are ${[...fields].join(", ")}`);
  }
  const { mailbox = name, migrate, ...given } = options;
  const { partitions, version, replyRetention, idleAfter, whileRetrying, attempts } = { ...defaults, ...given };
  checkName(mailbox, `${where}: mailbox`);
  checkInteger(partitions, 1, maxPartitions, `${where}: partitions`);
  checkInteger(version, 1, Number.MAX_SAFE_INTEGER, `${where}: version`);
  checkInteger(attempts, 1, Number.MAX_SAFE_INTEGER, `${where}: attempts`);
  if (migrate && version === 1) {
    throw new ConfigError(
      `${where}: migrate never runs at version 1; raise the version with it, for example { version: 2, migrate }`,
    );
  }
  if (whileRetrying !== "hold" && whileRetrying !== "pass") {
    throw new ConfigError(`${where}: whileRetrying must be "hold" or "pass", not ${JSON.stringify(whileRetrying)}`);
  }
  return {
    name,
    mailbox: { name: mailbox, partitions },
    version,
    migrate,
    replyRetentionMs: positiveMs(replyRetention, `${where}: replyRetention`),
    idleAfterMs: positiveMs(idleAfter, `${where}: idleAfter`),
    whileRetrying,
    attempts,
  };
}

/** @throws ConfigError */
export function checkName(name: string, where: string): void {
  if (name.startsWith("$")) {
    throw new ConfigError(`${where}: "${name}" begins with "$", which is kept for the system's own actors`);
  }
  try {
    checkType(name);
  } catch (error) {
    if (error instanceof InvalidAddressError) throw new ConfigError(`${where}: ${error.message}`, { cause: error });
    throw error;
  }
}

/** @throws ConfigError */
export function checkInteger(value: number, least: number, most: number, where: string): void {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return;
  const range = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
  throw new ConfigError(`${where}: ${String(value)} is not a whole number ${range}`);
}
