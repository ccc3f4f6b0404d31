import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Totals } from "./counting-telemetry.js";
import type { Load } from "./drive.js";
import type { Member } from "./join.js";
import type { Entry } from "./journal.js";
import type { Report } from "./member.js";

const file = fileURLToPath(new URL("./member.ts", import.meta.url));
const longestLog = 20_000;

/** A worker or a client of a story, in a process of its own. */
export class StoryProcess {
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  #totals: Totals = {};
  #log = "";
  #onEnded: (ended: number) => void = () => {};
  #onJournal: (journal: readonly Entry[]) => void = () => {};

  private constructor(child: ChildProcess, onReady: () => void) {
    this.#child = child;
    this.#ended = once(child, "exit");
    child.stderr!.on("data", (chunk: Buffer) => {
      this.#log = (this.#log + chunk.toString()).slice(-longestLog);
    });
    child.on("message", (message) => {
      const report = message as Report;
      if ("ready" in report) onReady();
      else if ("totals" in report) this.#totals = report.totals;
      else if ("ended" in report) this.#onEnded(report.ended);
      else this.#onJournal(report.journal);
    });
  }

  /** @throws Error with what it wrote when it ends before it serves */
  static async start(role: "worker" | "client", member: Member): Promise<StoryProcess> {
    const child = fork(file, [role, JSON.stringify(member)], {
      execArgv: ["--import", "actor-runtime/register"],
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    return new Promise((resolve, reject) => {
      const started = new StoryProcess(child, () => resolve(started));
      void started.#ended.then(() => reject(new Error(`${member.name} ended before it was ready:\n${started.log}`)));
    });
  }

  /** What it counted, up to a moment ago. */
  get totals(): Totals {
    return this.#totals;
  }

  /** The end of what it logged. */
  get log(): string {
    return this.#log;
  }

  /** Has it drive a load. */
  async drive(load: Load, onProgress: (ended: number) => void): Promise<readonly Entry[]> {
    this.#onEnded = onProgress;
    const journal = new Promise<readonly Entry[]>((resolve) => {
      this.#onJournal = resolve;
    });
    this.#child.send({ load });
    const ended = this.#ended.then(() => {
      throw new Error(`${load.sender} ended before its load did:\n${this.log}`);
    });
    return Promise.race([journal, ended]);
  }

  /** Ends it, with SIGKILL on the spot. */
  async end(signal: "SIGTERM" | "SIGKILL"): Promise<void> {
    this.#child.kill(signal);
    await this.#ended;
  }
}
