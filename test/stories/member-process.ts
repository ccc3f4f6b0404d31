import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const longestLog = 20_000;
/** What ends by itself has ended after this time, in ms. */
const endsWithinMs = 10_000;

/** What every process of a story can be asked for. */
export type Ending =
  /** All clients end what they are at. */
  | { readonly stop: true }
  /** Leaves the system, after which nothing must keep the process alive. */
  | { readonly leave: true };

/** What every process of a story says. */
export type Standing = { readonly ready: true } | { readonly stopped: true };

/** A file of a story in a process of its own, and what it takes and says besides. */
export class MemberProcess<Request, Report extends object> {
  readonly name: string;
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  #log = "";
  #onStopped: () => void = () => {};

  private constructor(name: string, child: ChildProcess, take: (report: Report) => void, onReady: () => void) {
    this.name = name;
    this.#child = child;
    this.#ended = once(child, "exit");
    child.stderr!.on("data", (chunk: Buffer) => {
      this.#log = (this.#log + chunk.toString()).slice(-longestLog);
    });
    child.on("message", (message) => {
      const report = message as Report | Standing;
      if ("ready" in report) onReady();
      else if ("stopped" in report) this.#onStopped();
      else take(report);
    });
  }

  /** @throws Error with what it wrote when it ends before it serves */
  static async start<Request, Report extends object>(
    name: string,
    file: URL,
    args: readonly string[],
    take: (report: Report) => void,
  ): Promise<MemberProcess<Request, Report>> {
    const child = fork(fileURLToPath(file), [...args], {
      execArgv: ["--import", "actor-runtime/register"],
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    return new Promise((resolve, reject) => {
      const started = new MemberProcess<Request, Report>(name, child, take, () => resolve(started));
      void started.#ended.then(() => reject(new Error(`${name} ended before it was ready:\n${started.log}`)));
    });
  }

  /** The end of what it logged. */
  get log(): string {
    return this.#log;
  }

  tell(request: Request | Ending): void {
    if (this.#child.connected) this.#child.send(request as object);
  }

  /** Resolves once no client of it is at anything. */
  stop(): Promise<void> {
    const stopped = new Promise<void>((resolve) => (this.#onStopped = resolve));
    this.tell({ stop: true });
    return stopped;
  }

  signal(signal: "SIGSTOP" | "SIGCONT" | "SIGKILL"): void {
    this.#child.kill(signal);
  }

  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill("SIGKILL");
    await this.#ended;
  }

  /**
   * Has it leave the system and waits for it to end, which nobody forces.
   *
   * @returns its exit code; `undefined`: something keeps it alive
   */
  async leave(): Promise<number | null | undefined> {
    this.tell({ leave: true });
    const alive = new AbortController();
    const ended = this.#ended.then(() => this.#child.exitCode);
    const late = sleep(endsWithinMs, undefined, { signal: alive.signal }).catch(() => undefined);
    const code = await Promise.race([ended, late]);
    alive.abort();
    return code;
  }

  /** What keeps it from leaving, in words. */
  async lingers(): Promise<string[]> {
    const code = await this.leave();
    if (code === 0) return [];
    return [code === undefined ? `${this.name} did not end by itself` : `${this.name} ended with code ${code}`];
  }
}
