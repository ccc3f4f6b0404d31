import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Member } from "../chaos/join.js";
import type { Awakening } from "./contender.js";
import type { Try } from "./journal.js";
import type { Clients, Report, Request } from "./lock-member.js";
import type { Visit } from "./resource.js";

const file = fileURLToPath(new URL("./lock-member.ts", import.meta.url));
const longestLog = 20_000;
/** What ends by itself has ended after this time, in ms. */
const endsWithinMs = 10_000;

/** What the clients of a process report. */
export interface Reports {
  /** @returns whether the fenced resource takes it */
  visit(made: Visit): boolean;
  tried(one: Try): void;
  awoke(awakening: Awakening): void;
}

/** A worker, or several clients, in a process of its own. */
export class LockProcess {
  readonly name: string;
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  #log = "";
  #onStopped: () => void = () => {};

  private constructor(name: string, child: ChildProcess, reports: Reports, onReady: () => void) {
    this.name = name;
    this.#child = child;
    this.#ended = once(child, "exit");
    child.stderr!.on("data", (chunk: Buffer) => {
      this.#log = (this.#log + chunk.toString()).slice(-longestLog);
    });
    child.on("message", (message) => {
      const report = message as Report;
      if ("ready" in report) onReady();
      else if ("made" in report) this.#tell({ visit: report.visit, accepted: reports.visit(report.made) });
      else if ("tried" in report) reports.tried(report.tried);
      else if ("awoke" in report) reports.awoke(report.awoke);
      else this.#onStopped();
    });
  }

  /** @throws Error with what it wrote when it ends before it serves */
  static async start(role: "worker" | "clients", member: Member, reports: Reports): Promise<LockProcess> {
    const child = fork(file, [role, JSON.stringify(member)], {
      execArgv: ["--import", "actor-runtime/register"],
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    return new Promise((resolve, reject) => {
      const started = new LockProcess(member.name, child, reports, () => resolve(started));
      void started.#ended.then(() => reject(new Error(`${member.name} ended before it was ready:\n${started.log}`)));
    });
  }

  /** The end of what it logged. */
  get log(): string {
    return this.#log;
  }

  contend(clients: Clients): void {
    this.#tell({ contend: clients });
  }

  /** Resolves once no client of it holds or wants a lock. */
  stop(): Promise<void> {
    const stopped = new Promise<void>((resolve) => (this.#onStopped = resolve));
    this.#tell({ stop: true });
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
    this.#tell({ leave: true });
    const alive = new AbortController();
    const ended = this.#ended.then(() => this.#child.exitCode);
    const late = sleep(endsWithinMs, undefined, { signal: alive.signal }).catch(() => undefined);
    const code = await Promise.race([ended, late]);
    alive.abort();
    return code;
  }

  #tell(request: Request): void {
    if (this.#child.connected) this.#child.send(request);
  }
}
