import { ConfigError } from "@actor-runtime/core";
import { checkInteger, checkName } from "./actor-options.js";

/** How the calls of a stateless type are spread over its workers. */
export const balances = ["least-busy", "round-robin", "random", "weighted", "fastest"] as const;

/**
 * - `least-busy`: one queue, from which workers take what they have room for
 * - `round-robin`: one worker after the other
 * - `random`: any worker
 * - `weighted`: in proportion to the workers' `weight`
 * - `fastest`: the one of two picked by chance that promises to answer first
 */
export type Balance = (typeof balances)[number];

/** Options of `@Stateless`. */
export interface StatelessOptions {
  /**
   * How asks and queries are spread over the workers; tells always take the shared queue of `least-busy`.
   *
   * @default "least-busy"
   */
  balance?: Balance;
  /**
   * How many calls one worker runs at a time, each on an instance of its own, 1–1000; `limits.types.<Type>.concurrency` of a
   * process comes before it.
   *
   * @default 10
   */
  concurrency?: number;
  /**
   * How often a told message is tried, with growing pauses, before it becomes a dead letter.
   *
   * @default 5
   */
  attempts?: number;
}

/** `StatelessOptions` with every default filled in and every value checked. */
export interface StatelessSettings extends Required<StatelessOptions> {
  readonly name: string;
}

const defaults = { balance: "least-busy", concurrency: 10, attempts: 5 } as const satisfies StatelessOptions;
const maxConcurrency = 1_000;

/** @throws ConfigError that names class, field and fix */
export function statelessSettings(className: string, name: unknown, options: StatelessOptions = {}): StatelessSettings {
  const where = `@Stateless on class ${className}`;
  if (typeof name !== "string" || name === "") {
    throw new ConfigError(`${where}: give it a name, @Stateless("${className}"); it is the address of all its workers`);
  }
  checkName(name, where);
  if (typeof options !== "object" || options === null) {
    const given = typeof options === "string" ? JSON.stringify(options) : String(options);
    throw new ConfigError(`${where}: ${given} is no options; write for example { balance: "fastest" }`);
  }
  for (const field of Object.keys(options)) {
    if (Object.hasOwn(defaults, field)) continue;
    throw new ConfigError(`${where}: unknown option ${field}; there are ${Object.keys(defaults).join(", ")}`);
  }
  const { balance, concurrency, attempts } = { ...defaults, ...options };
  if (!balances.includes(balance)) {
    throw new ConfigError(`${where}: balance ${JSON.stringify(balance)} must be one of ${balances.join(", ")}`);
  }
  checkInteger(concurrency, 1, maxConcurrency, `${where}: concurrency`);
  checkInteger(attempts, 1, Number.MAX_SAFE_INTEGER, `${where}: attempts`);
  return { name, balance, concurrency, attempts };
}
