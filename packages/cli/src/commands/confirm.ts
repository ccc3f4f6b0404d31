import { createInterface } from "node:readline/promises";
import { UsageError } from "../exit.js";

/**
 * Asks on the terminal before something that cannot be undone.
 *
 * @throws UsageError where nobody can be asked
 */
export async function confirmed(question: string): Promise<boolean> {
  if (!process.stdin.isTTY) throw new UsageError("this needs --yes where nobody can be asked");
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test(await terminal.question(`${question} (y/N) `));
  } finally {
    terminal.close();
  }
}
