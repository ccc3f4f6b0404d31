import { parseArgs } from "node:util";

/** What the command line asked for. */
export interface Request {
  readonly from: number;
  /** How many seeds from there on; none given: as many as there is time for. */
  readonly seeds: number;
  readonly rewinds: boolean;
  /** When no new seed is begun any more. */
  readonly minutes: number;
  readonly json: boolean;
  readonly help: boolean;
}

/** A command line that cannot be followed; the message says which word and what would do. */
export class UsageError extends Error {}

export const usage = [
  "usage: npm run simulate [-- --seeds N] [--from S] [--seed X] [--minutes M] [--rewinds] [--json]",
  "",
  "Runs whole clusters on virtual time under faults that a seed decides, and checks what is promised.",
  "",
  "  --seeds N    how many seeds (default 1000, with --minutes: as many as there is time for)",
  "  --from S     the first of them (default 1)",
  "  --seed X     only this one, and all that is wrong with it",
  "  --minutes M  begin no seed after so long",
  "  --rewinds    let the store lose writes too, by which less is promised",
  "  --json       print the results as JSON",
  "  --help       print this",
  "",
  "Exit codes: 0 every promise was kept, 1 one was broken, 2 usage.",
].join("\n");

const options = {
  seeds: { type: "string" },
  from: { type: "string" },
  seed: { type: "string" },
  minutes: { type: "string" },
  rewinds: { type: "boolean", default: false },
  json: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
} as const;

/** @throws UsageError for an option that is not known or a value that is no number */
export function parseRequest(args: readonly string[]): Request {
  const { seeds, from, seed, minutes, rewinds, json, help } = parse(() =>
    parseArgs({ args: [...args], options }),
  ).values;
  if (seed !== undefined && (seeds !== undefined || from !== undefined)) {
    throw new UsageError("--seed is for one seed; leave out --seeds and --from");
  }
  const most = minutes === undefined ? 1_000 : Number.MAX_SAFE_INTEGER;
  return {
    from: whole("--seed", seed) ?? whole("--from", from) ?? 1,
    seeds: seed === undefined ? (whole("--seeds", seeds) ?? most) : 1,
    rewinds,
    minutes: positive("--minutes", minutes) ?? Number.POSITIVE_INFINITY,
    json,
    help,
  };
}

function whole(name: string, text: string | undefined): number | undefined {
  const value = positive(name, text);
  if (value !== undefined && !Number.isSafeInteger(value)) {
    throw new UsageError(`${name}: ${text} is not a whole number`);
  }
  return value;
}

function positive(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() === "" || !(value > 0)) throw new UsageError(`${name}: "${text}" is not a number above 0`);
  return value;
}

function parse<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
