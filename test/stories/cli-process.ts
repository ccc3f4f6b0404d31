import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { afterAll } from "vitest";

const require = createRequire(import.meta.url);
const bin = join(dirname(require.resolve("actor-runtime")), "../bin/actor-runtime.js");

export const accountFile = fileURLToPath(new URL("./fixtures/account.ts", import.meta.url));

export interface SpawnOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
}

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `actor-runtime` with these arguments to its end. */
export function actorRuntime(args: readonly string[], options: SpawnOptions = {}): Promise<Finished> {
  return finish([bin, ...args], options);
}

/** Runs Node with these arguments to its end. */
export async function finish(args: readonly string[], { stdin = "", ...options }: SpawnOptions): Promise<Finished> {
  const child = launch(args, options);
  child.stdin?.end(stdin);
  const [stdout, stderr] = await Promise.all([text(child.stdout!), text(child.stderr!), once(child, "exit")]);
  return { code: child.exitCode, stdout, stderr };
}

const folders: string[] = [];
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))));

/** A folder outside the repository, gone when the tests end, whose files can import what the tests can. */
export async function projectWith(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "actor-runtime-story-"));
  folders.push(folder);
  await symlink(fileURLToPath(new URL("../../node_modules", import.meta.url)), join(folder, "node_modules"));
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
  return folder;
}

/** A worker in a process of its own, on a free port. */
export class WorkerProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  /** `dev` has to end its own child. */
  readonly #endBy: "SIGKILL" | "SIGTERM";
  readonly #env: SpawnOptions["env"];
  #log = "";

  private constructor(child: ChildProcess, endBy: "SIGKILL" | "SIGTERM", env: SpawnOptions["env"]) {
    this.#child = child;
    this.#endBy = endBy;
    this.#env = env;
    for (const stream of [child.stdout!, child.stderr!]) {
      stream.on("data", (chunk: Buffer) => {
        this.#log += chunk.toString();
      });
    }
  }

  /** `actor-runtime start …`; resolves once the worker says that it is ready. */
  static start(args: readonly string[], options: SpawnOptions = {}): Promise<WorkerProcess> {
    return WorkerProcess.#run("start", args, options);
  }

  /** `actor-runtime dev …` */
  static dev(args: readonly string[], options: SpawnOptions = {}): Promise<WorkerProcess> {
    return WorkerProcess.#run("dev", args, options);
  }

  static async #run(command: "start" | "dev", args: readonly string[], options: SpawnOptions): Promise<WorkerProcess> {
    const child = launch([bin, command, ...args, "--port", "0", "--log-format", "json"], options);
    const worker = new WorkerProcess(child, command === "dev" ? "SIGTERM" : "SIGKILL", options.env);
    await new Promise<void>((resolve, reject) => {
      child.stdout!.on("data", () => worker.starts > 0 && resolve());
      child.once("exit", () => reject(new Error(`the worker ended before it was ready:\n${worker.log}`)));
    });
    return worker;
  }

  /** How often it said that it is ready: more than once under `dev`. */
  get starts(): number {
    return this.#urls.length;
  }

  /** Where it said it is, the last time. */
  get url(): string {
    return this.#urls.at(-1)!;
  }

  get #urls(): string[] {
    return Array.from(this.#log.matchAll(/"ready at (\S+?)"/g), ([, url]) => url!);
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** Everything written so far to stdout and stderr. */
  get log(): string {
    return this.#log;
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** The exit code, once it has ended. */
  async ended(): Promise<number | null> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) await once(this.#child, "exit");
    return this.#child.exitCode;
  }

  /** Runs `actor-runtime` where this worker is: through its ops port, or where it has broker and store, directly on them. */
  cli(args: readonly string[], options: SpawnOptions = {}): Promise<Finished> {
    const { AMQP_URL, REDIS_URL, ACTOR_NAMESPACE } = this.#env ?? {};
    const way: Record<string, string> =
      AMQP_URL && REDIS_URL && ACTOR_NAMESPACE ? { AMQP_URL, REDIS_URL, ACTOR_NAMESPACE } : { ACTOR_URL: this.url };
    return actorRuntime(args, { ...options, env: { ...way, ...options.env } });
  }

  /** `POST /api/actors/<path>` with a body as it is. */
  post(path: string, body: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
    return fetch(`${this.url}/api/actors/${path}`, {
      method: "POST",
      body,
      headers: { "content-type": "application/json", ...headers },
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.kill(this.#endBy);
    await this.ended();
  }
}

function launch(args: readonly string[], { cwd, env }: SpawnOptions): ChildProcess {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(ACTOR_|AMQP_URL|REDIS_URL|OTEL_|NODE_OPTIONS|VITEST)/.test(name),
  );
  return spawn(process.execPath, [...args], { cwd, env: { ...Object.fromEntries(inherited), ...env } });
}
