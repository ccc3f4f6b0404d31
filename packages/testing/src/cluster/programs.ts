import type { LocalSystem } from "@actor-runtime/runtime";
import type { Process } from "./process.js";
import type { TestWorker, WorkerOptions } from "./test-cluster.js";

/** A worker or a client: the process, and the code that runs in it. */
export interface Program {
  readonly process: Process;
  readonly system: LocalSystem;
  /** Absent: a client. */
  readonly worker: WorkerOptions | undefined;
}

/** All programs of a cluster by name; one that has ended stays until another takes its name. */
export class Programs {
  readonly #programs = new Map<string, Program>();

  add(program: Program): void {
    this.#programs.set(program.process.name, program);
  }

  [Symbol.iterator](): Iterator<Program> {
    return this.#programs.values();
  }

  /** @throws Error when there is none of this name */
  get(name: string): Program {
    const program = this.#programs.get(name);
    if (program) return program;
    throw new Error(`there is no process named ${name}; there are ${[...this.#programs.keys()].join(", ")}`);
  }

  /** @throws Error when there is none of this name, or it is a client */
  worker(name: string): Program {
    const program = this.get(name);
    if (program.worker) return program;
    throw new Error(`${name} is a client, not a worker`);
  }

  /** @throws Error when a process of this name lives */
  checkFree(name: string): void {
    const process = this.#programs.get(name)?.process;
    if (!process || process.hasEnded) return;
    throw new Error(`there is a process named ${name} already, it is ${process.state}; choose another name`);
  }

  get workers(): TestWorker[] {
    return this.#list(({ worker }) => worker !== undefined);
  }

  get clients(): TestWorker[] {
    return this.#list(({ worker }) => worker === undefined);
  }

  /** How all of them are, for messages of errors. */
  get situation(): string {
    const states = Array.from(this, ({ process: { name, state, cutOff } }) => {
      const reach = cutOff && ` and cut off from ${cutOff === "both" ? "everything" : `the ${cutOff}`}`;
      return `${name} is ${state}${reach ?? ""}`;
    });
    return states.join(", ");
  }

  #list(isMeant: (program: Program) => boolean): TestWorker[] {
    return [...this]
      .filter(isMeant)
      .map(({ process: { name, state, cutOff, clock } }) => ({ name, state, cutOff, timers: clock.pending }));
  }
}
