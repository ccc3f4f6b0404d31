import { setTimeout as sleep } from "node:timers/promises";
import { type Duration, durationMs } from "@actor-runtime/core";
import type { Command } from "commander";
import { UsageError } from "../exit.js";
import { printJson } from "./json.js";
import { wantsJson } from "./options.js";

const clear = "\x1b[H\x1b[J";

/** What was found, and how it is shown to people. */
export interface Look {
  readonly found: object;
  /** With a line break at its end. */
  readonly text: string;
}

interface Flags {
  readonly watch?: boolean;
  readonly interval: string;
}

/** Declares `--watch` and `--interval`. */
export function addWatch(command: Command): Command {
  return command
    .option("--watch", "look again and again until Ctrl-C")
    .option("--interval <duration>", "how long to wait between looks", "2s");
}

/**
 * Prints what a look finds, as a text or as JSON; with `--watch` again and again.
 *
 * @throws UsageError when `--interval` is wrong, before anything is connected to
 */
export function viewer(command: Command): (look: () => Promise<Look>) => Promise<void> {
  const flags = command.opts<Flags>();
  const intervalMs = intervalOf(flags);
  const asJson = wantsJson(command);
  return async (look) => {
    if (flags.watch) {
      return watch(intervalMs, async () => {
        const { found, text } = await look();
        return asJson ? `${JSON.stringify(found)}\n` : text;
      });
    }
    const { found, text } = await look();
    if (asJson) printJson(found);
    else process.stdout.write(text);
  };
}

/**
 * Shows something again and again until SIGINT: drawn anew in the same place on a terminal, one after the other else. A look
 * that fails is shown too and does not end it, unless it was the first.
 *
 * @param look what to show, with a line break at its end
 */
async function watch(intervalMs: number, look: () => Promise<string>): Promise<void> {
  const ended = new AbortController();
  const end = () => ended.abort();
  const over = new Promise<undefined>((resolve) => {
    ended.signal.addEventListener("abort", () => resolve(undefined));
  });
  process.on("SIGINT", end);
  try {
    for (let first = true; !ended.signal.aborted; first = false) {
      const text = await Promise.race([shown(look, first), over]);
      if (text !== undefined) process.stdout.write(process.stdout.isTTY ? clear + fitting(text) : text);
      await sleep(intervalMs, undefined, { signal: ended.signal }).catch(() => {});
    }
  } finally {
    process.off("SIGINT", end);
  }
}

async function shown(look: () => Promise<string>, first: boolean): Promise<string> {
  try {
    return await look();
  } catch (error) {
    if (first) throw error;
    return `${(error as Error).message}\n`;
  }
}

function intervalOf({ interval }: Flags): number {
  try {
    const ms = durationMs((/^\d+$/.test(interval) ? Number(interval) : interval) as Duration, "--interval");
    if (ms > 0) return ms;
  } catch {
    // Said below.
  }
  throw new UsageError(`--interval: "${interval}" must be a duration above 0, for example 500ms or 2s`);
}

/** More than the screen holds would scroll away. */
function fitting(text: string): string {
  const lines = text.split("\n");
  const room = (process.stdout.rows || Number.POSITIVE_INFINITY) - 1;
  if (lines.length <= room) return text;
  return `${lines.slice(0, room - 1).join("\n")}\n… ${lines.length - room} more lines\n`;
}
