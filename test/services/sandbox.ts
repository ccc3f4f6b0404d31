import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Program } from "./program.js";

/** Each line it reads replaces the list of processes; at the end of its input it kills them and removes the folder. */
const undertaker = `
  while read -r line; do pids=$line; done
  for pid in $pids; do kill -s KILL -- "-$pid"; done
  rm -rf "$1"`;

/**
 * A temporary folder and the programs that run in it. They are gone when it is removed and also when this process ends without a
 * chance to do so: a shell outside its process group holds the other end of a pipe, which closes even after SIGKILL.
 */
export class Sandbox {
  readonly folder: string;
  readonly #undertaker: ChildProcess;
  readonly #programs: Program[] = [];

  private constructor(folder: string, shell: ChildProcess) {
    this.folder = folder;
    this.#undertaker = shell;
  }

  static async create(name: string): Promise<Sandbox> {
    const folder = await mkdtemp(join(tmpdir(), `actor-runtime-${name}-`));
    const shell = spawn("sh", ["-c", undertaker, "undertaker", folder], {
      stdio: ["pipe", "ignore", "ignore"],
      detached: true,
    });
    await once(shell, "spawn");
    // Whoever holds a sandbox need not stay alive for it.
    shell.unref();
    return new Sandbox(folder, shell);
  }

  /** Starts a program in the folder. */
  async run(name: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Program> {
    const program = await Program.start(name, args, { folder: this.folder, env });
    this.#programs.push(program);
    this.#report();
    return program;
  }

  /** Kills what still runs and removes the folder. */
  async remove(): Promise<void> {
    await Promise.all(this.#running.map((program) => program.end("SIGKILL")));
    this.#report();
    this.#undertaker.stdin!.end();
    await rm(this.folder, { recursive: true, force: true });
  }

  get #running(): readonly Program[] {
    return this.#programs.filter(({ running }) => running);
  }

  #report(): void {
    this.#undertaker.stdin!.write(`${this.#running.map(({ pid }) => pid).join(" ")}\n`);
  }
}
