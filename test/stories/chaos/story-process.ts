import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { TimedEntry } from "./chatter.js";
import type { Totals } from "./counting-telemetry.js";
import type { Load } from "./drive.js";
import type { Member } from "./join.js";
import type { Entry } from "./journal.js";
import type { Report, Request, Traits } from "./member.js";
import type { Pace } from "./pace.js";

const file = fileURLToPath(new URL("./member.ts", import.meta.url));
const longestLog = 20_000;

/** A worker or a client of a story, in a process of its own. */
export class StoryProcess {
  readonly name: string;
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  #totals: Totals = {};
  #log = "";
  #onEnded: (ended: number) => void = () => {};
  #onJournal: (journal: readonly Entry[]) => void = () => {};

  private constructor(name: string, child: ChildProcess, onReady: () => void) {
    this.name = name;
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
  static async start(role: "worker" | "client", member: Member, traits: Traits = {}): Promise<StoryProcess> {
    const child = fork(file, [role, JSON.stringify(member), JSON.stringify(traits)], {
      execArgv: ["--import", "actor-runtime/register"],
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    return new Promise((resolve, reject) => {
      const started = new StoryProcess(member.name, child, () => resolve(started));
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
  drive(load: Load, onProgress: (ended: number) => void): Promise<readonly Entry[]> {
    this.#onEnded = onProgress;
    return this.#journalOf<Entry>({ load });
  }

  /** Has it send at a constant pace from now on. */
  keepPace(pace: Pace): void {
    this.#ask({ pace });
  }

  /** Ends the pace; resolves when its calls have ended. */
  stopPace(): Promise<readonly TimedEntry[]> {
    return this.#journalOf<TimedEntry>({ stop: true });
  }

  /** Keeps its event loop from turning. */
  block(ms: number): void {
    this.#ask({ blockMs: ms });
  }

  signal(signal: "SIGSTOP" | "SIGCONT"): void {
    this.#child.kill(signal);
  }

  /** Ends it, with SIGKILL on the spot. */
  async end(signal: "SIGTERM" | "SIGKILL"): Promise<void> {
    this.#child.kill(signal);
    await this.#ended;
  }

  /** The exit code, once it has ended; `null` after a signal. */
  async ended(): Promise<number | null> {
    await this.#ended;
    return this.#child.exitCode;
  }

  async #journalOf<E extends Entry>(request: Request): Promise<readonly E[]> {
    const journal = new Promise<readonly E[]>((resolve) => {
      this.#onJournal = resolve as (journal: readonly Entry[]) => void;
    });
    this.#ask(request);
    const ended = this.#ended.then(() => {
      throw new Error(`${this.name} ended before it said how its calls did:\n${this.log}`);
    });
    return Promise.race([journal, ended]);
  }

  #ask(request: Request): void {
    this.#child.send(request);
  }
}
