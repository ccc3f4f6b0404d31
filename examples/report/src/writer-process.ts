import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { lease, type Outcome } from "./write-report.js";
import type { Writer } from "./writer.js";

const program = fileURLToPath(new URL("./writer-main.js", import.meta.url));

/** What its process says: that it is there, and then what came of each call. */
export type WriterMessage = "ready" | { readonly call: number; readonly outcome: Outcome };

/** A writer in a process of its own, which can freeze. */
export class WriterProcess implements Writer {
  readonly id: string;
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  readonly #ready: Promise<void>;
  readonly #answers = new Map<number, (outcome: Outcome) => void>();
  #calls = 0;

  constructor(id: string, namespace: string, archiveUrl: string) {
    this.id = id;
    this.#child = fork(program, [id, namespace, archiveUrl]);
    this.#ended = once(this.#child, "exit");
    this.#ready = new Promise((resolve) => {
      this.#child.on("message", (message: WriterMessage) => {
        if (message === "ready") resolve();
        else this.#answers.get(message.call)?.(message.outcome);
      });
    });
  }

  async write(report: string): Promise<Outcome> {
    await this.#unlessEnded(this.#ready);
    const call = this.#calls++;
    const answer = new Promise<Outcome>((resolve) => this.#answers.set(call, resolve));
    this.#child.send({ call, report });
    return this.#unlessEnded(answer);
  }

  async lose(): Promise<string> {
    this.#child.kill("SIGSTOP");
    return `is frozen (SIGSTOP) and holds the lock, for ${lease} at most`;
  }

  goOn(): string {
    this.#child.kill("SIGCONT");
    return "wakes (SIGCONT) and goes on as if nothing had happened";
  }

  async end(): Promise<void> {
    this.#child.kill("SIGCONT");
    if (this.#child.connected) this.#child.disconnect();
    await this.#ended;
  }

  #unlessEnded<T>(promise: Promise<T>): Promise<T> {
    const ended = this.#ended.then(() => {
      throw new Error(`writer ${this.id} has ended`);
    });
    return Promise.race([promise, ended]);
  }
}
