import { type ChildProcess, type ForkOptions, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

export interface OwnProcess {
  /** Flags of Node. */
  readonly execArgv?: string[];
  readonly args?: string[];
  readonly env?: NodeJS.ProcessEnv;
}

/** Runs a file of this folder in a process of its own. It ends with this one: its channel closes. */
export function start(file: string, { execArgv = [], args = [], env = {} }: OwnProcess = {}): ChildProcess {
  const path = fileURLToPath(new URL(`./${file}`, import.meta.url));
  const options: ForkOptions = {
    execArgv,
    env: { ...process.env, ...env },
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  };
  return fork(path, args, options);
}

/**
 * The next message of a process.
 *
 * @throws Error when it ends without one
 */
export async function messageOf(child: ChildProcess): Promise<unknown> {
  const [message] = (await Promise.race([once(child, "message"), ended(child)])) as [unknown];
  return message;
}

/** Asks a process to end, and waits for it. */
export async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.disconnect();
  await once(child, "exit");
}

/**
 * The number that a file of this folder sends, run in a process of its own: what other figures left behind there (a heap, async
 * hooks that slow every promise) is not measured.
 *
 * @throws Error when it ends without a number
 */
export async function figureOf(file: string, options: OwnProcess = {}): Promise<number> {
  const answer = await answerOf<unknown>(file, options);
  if (typeof answer !== "number") throw new Error(`${file} answered ${String(answer)}, not a number`);
  return answer;
}

/**
 * Several figures that a file of this folder sends together, by name, as {@link figureOf} one.
 *
 * @throws Error when it ends without them
 */
export async function figuresOf<F extends Readonly<Record<string, number>>>(
  file: string,
  options: OwnProcess = {},
): Promise<F> {
  const answer = await answerOf<unknown>(file, options);
  if (typeof answer !== "object") throw new Error(`${file} answered ${JSON.stringify(answer)}, not figures`);
  return answer as F;
}

/**
 * What a file of this folder sends, whatever it is.
 *
 * @throws Error when it ends without an answer
 */
export async function answerOf<T>(file: string, options: OwnProcess): Promise<T> {
  const child = start(file, options);
  const answer = await messageOf(child);
  await stop(child);
  return answer as T;
}

async function ended(child: ChildProcess): Promise<never> {
  const [code, signal] = (await once(child, "exit")) as [number | null, string | null];
  throw new Error(`${child.spawnargs.at(-1)} ended without an answer (${signal ?? `exit code ${code}`})`);
}
