import { setTimeout as sleep } from "node:timers/promises";

const clear = "\x1b[H\x1b[J";

/**
 * Shows something again and again until SIGINT: drawn anew in the same place on a terminal, one after the other else. A look
 * that fails is shown too and does not end it, unless it was the first.
 *
 * @param look what to show, with a line break at its end
 */
export async function watch(intervalMs: number, look: () => Promise<string>): Promise<void> {
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

/** More than the screen holds would scroll away. */
function fitting(text: string): string {
  const lines = text.split("\n");
  const room = (process.stdout.rows || Number.POSITIVE_INFINITY) - 1;
  if (lines.length <= room) return text;
  return `${lines.slice(0, room - 1).join("\n")}\n… ${lines.length - room} more lines\n`;
}
