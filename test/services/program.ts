import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createConnection } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { PortTakenError } from "./free-port.js";

const longestOutput = 8_000;

export interface ProgramOptions {
  readonly folder: string;
  /** The whole environment but `PATH`. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A server that the tests run, in a process group of its own: Ctrl-C in the terminal is for the tests, which then end it. */
export class Program {
  readonly #name: string;
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  #output = "";

  private constructor(name: string, child: ChildProcess) {
    this.#name = name;
    this.#child = child;
    this.#ended = once(child, "exit");
    for (const stream of [child.stdout!, child.stderr!]) {
      stream.on("data", (chunk: Buffer) => {
        this.#output = (this.#output + chunk.toString()).slice(-longestOutput);
      });
    }
  }

  /** @throws Error when there is no such program */
  static async start(name: string, args: readonly string[], { folder, env = {} }: ProgramOptions): Promise<Program> {
    const child = spawn(name, args, {
      cwd: folder,
      env: { PATH: process.env.PATH, LANG: "C.UTF-8", ...env },
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    await once(child, "spawn");
    return new Program(name, child);
  }

  get pid(): number {
    return this.#child.pid!;
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Ends it with the signal and waits until it has ended. */
  async end(signal: "SIGTERM" | "SIGKILL"): Promise<void> {
    this.signal(signal);
    // A stopped process takes note of SIGTERM only when it goes on.
    this.signal("SIGCONT");
    await this.#ended;
  }

  /**
   * Waits until it listens on the port and its answer to a greeting begins as it must.
   *
   * @throws PortTakenError when it ends because somebody else listens on a port of its own
   * @throws Error when it ends for another reason or is not ready within a minute; both with the end of its output
   */
  async ready(port: number, greeting: string, answer: string): Promise<void> {
    const deadline = Date.now() + 60_000;
    while (!(await answers(port, greeting, answer))) {
      if (!this.running) throw this.#endedEarly();
      if (Date.now() > deadline) throw new Error(`${this.#name} was not ready within a minute:\n${this.#output}`);
      await sleep(25);
    }
  }

  #endedEarly(): Error {
    const text = `${this.#name} ended before it was ready:\n${this.#output}`;
    return /address already in use|eaddrinuse/i.test(this.#output) ? new PortTakenError(text) : new Error(text);
  }
}

/** Whether the first bytes that come back are those expected. */
function answers(port: number, greeting: string, answer: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(port, "127.0.0.1", () => socket.write(greeting));
    socket.setTimeout(2_000, () => socket.destroy());
    socket.once("data", (chunk) => {
      resolve(chunk.toString("latin1").startsWith(answer));
      socket.destroy();
    });
    socket.on("error", () => {});
    socket.once("close", () => resolve(false));
  });
}
