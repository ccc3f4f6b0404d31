import { checkKey, checkType, type Duration, durationMs, InvalidAddressError } from "@actor-runtime/core";
import type { Command } from "commander";
import { UsageError } from "../exit.js";

interface Flags {
  readonly type?: string;
  readonly key?: string;
  readonly reason?: string;
  readonly older?: string;
  readonly younger?: string;
  readonly id?: readonly string[];
  readonly limit?: string;
}

/** Declares which dead letters a command is about. */
export function addFilters(command: Command): Command {
  return command
    .argument("[type]", "only those of this type; or --type")
    .option("--type <type>", "only those of this type")
    .option("--key <key>", "only those of the actor with this key")
    .option("--reason <text>", "only those whose cause has this code or class, or this text in its message")
    .option("--older <duration>", "only those that died longer ago, for example 1h")
    .option("--younger <duration>", "only those that died within this time")
    .option("--id <id>", "only the message of this identity; may be repeated", collect)
    .option("--limit <number>", "at most so many");
}

/**
 * The filters as `/api/dead` reads them.
 *
 * @throws UsageError that names the flag
 */
export function filterQuery(command: Command, positional: string | undefined): [string, string][] {
  const { type: flag, key, reason, older, younger, id = [], limit } = command.opts<Flags>();
  if (positional !== undefined && flag !== undefined && positional !== flag) {
    throw new UsageError(`two types are named, ${positional} and ${flag}: name one`);
  }
  const type = positional ?? flag;
  refuse(() => {
    if (type !== undefined) checkType(type);
    if (key !== undefined) checkKey(key);
    for (const [name, duration] of Object.entries({ older, younger })) {
      if (duration !== undefined) durationMs(duration as Duration, `--${name}`);
    }
  });
  if (limit !== undefined && !/^[1-9]\d{0,9}$/.test(limit)) {
    throw new UsageError(`--limit is ${JSON.stringify(limit)} and must be a whole number above 0`);
  }
  const single = Object.entries({ type, key, reason, older, younger, limit });
  return [
    ...single.flatMap(([name, value]): [string, string][] => (value === undefined ? [] : [[name, value]])),
    ...id.map((each): [string, string] => ["id", each]),
  ];
}

function refuse(check: () => void): void {
  try {
    check();
  } catch (error) {
    if (error instanceof InvalidAddressError || error instanceof RangeError) throw new UsageError(error.message);
    throw error;
  }
}

function collect(id: string, before: string[] | undefined): string[] | undefined {
  return [...(before ?? []), id];
}
