import { parseArgs } from "node:util";

/** What the command line asked for. */
export interface Request {
  readonly names: readonly string[];
  /** File that gets the results as JSON. */
  readonly json: string | undefined;
  readonly help: boolean;
}

/** A command line that cannot be followed; the message says which word and what would do. */
export class UsageError extends Error {}

export function usage(known: readonly string[]): string {
  return [
    "usage: npm run bench [-- --json FILE] [names…]",
    "",
    "Measures each figure beside its baseline and fails when one misses its target.",
    "",
    "  --json FILE  also write the results to FILE",
    "  --help       print this",
    "",
    `names: ${known.join(", ")} (default: all)`,
  ].join("\n");
}

/** @throws UsageError for an option or a name that is not known */
export function parseRequest(args: readonly string[], known: readonly string[]): Request {
  const options = { json: { type: "string" }, help: { type: "boolean", default: false } } as const;
  const { values, positionals } = parse(() => parseArgs({ args: [...args], options, allowPositionals: true }));
  const unknown = positionals.filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    throw new UsageError(`no benchmark is named ${unknown.join(", ")}: there are ${known.join(", ")}`);
  }
  return { names: positionals.length > 0 ? positionals : known, json: values.json, help: values.help };
}

function parse<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
