import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const actorRuntime = fileURLToPath(new URL("../bin/actor-runtime.js", import.meta.resolve("actor-runtime")));
const counters = fileURLToPath(new URL("./counter.js", import.meta.url));

/** `actor-runtime start` in a process of its own. */
export class WorkerProcess {
  readonly id: string;
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;

  /** @param lease how long its partitions wait for it once it is dead, for example `"3s"` */
  constructor(id: string, namespace: string, lease: string) {
    this.id = id;
    const options = [
      "--worker-id",
      id,
      "--lease",
      lease,
      "--namespace",
      namespace,
      "--port",
      "0",
      "--log-level",
      "warn",
    ];
    this.#child = spawn(process.execPath, [actorRuntime, "start", counters, ...options], {
      stdio: ["ignore", "ignore", "inherit"],
    });
    this.#ended = once(this.#child, "exit");
  }

  /** @throws Error as soon as it has ended */
  async failure(): Promise<never> {
    await this.#ended;
    throw new Error(`worker ${this.id} has ended`);
  }

  /** SIGTERM: it hands over what it owns first. SIGKILL: it does not get to know. */
  async end(signal: "SIGTERM" | "SIGKILL"): Promise<void> {
    this.#child.kill(signal);
    await this.#ended;
  }
}
