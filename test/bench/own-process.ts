import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/**
 * The number that a file of this folder sends, run in a process of its own: what other figures left behind there (a heap, async
 * hooks that slow every promise) is not measured.
 *
 * @param execArgv flags of Node
 * @throws Error when it ends without a number
 */
export async function figureOf(file: string, execArgv: string[] = []): Promise<number> {
  const path = fileURLToPath(new URL(`./${file}`, import.meta.url));
  const child = fork(path, { execArgv, stdio: ["ignore", "ignore", "inherit", "ipc"] });
  const [answer] = (await Promise.race([once(child, "message"), ended(file, child)])) as [unknown];
  if (typeof answer !== "number") throw new Error(`${file} answered ${String(answer)}, not a number`);
  return answer;
}

async function ended(file: string, child: ReturnType<typeof fork>): Promise<never> {
  const [code, signal] = (await once(child, "exit")) as [number | null, string | null];
  throw new Error(`${file} ended without an answer (${signal ?? `exit code ${code}`})`);
}
