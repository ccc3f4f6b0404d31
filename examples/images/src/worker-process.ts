import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const actorRuntime = fileURLToPath(new URL("../bin/actor-runtime.js", import.meta.resolve("actor-runtime")));
const thumbnails = fileURLToPath(new URL("./thumbnail.js", import.meta.url));

/** `actor-runtime start` in a process of its own. */
export class WorkerProcess {
  readonly #child: ChildProcess;
  /** Resolves when it serves; rejects when it ends before. */
  readonly ready: Promise<void>;

  /** @param slowness how many times as long its work takes */
  constructor(id: string, namespace: string, slowness: number) {
    const child = spawn(process.execPath, [actorRuntime, "start", thumbnails, "--port", "0"], {
      stdio: ["ignore", "pipe", "inherit"],
      env: { ...process.env, ACTOR_WORKER_ID: id, ACTOR_NAMESPACE: namespace, SLOWNESS: String(slowness) },
    });
    this.#child = child;
    const ended = once(child, "exit").then(() => {
      throw new Error(`worker ${id} ended before it was ready`);
    });
    const serves = new Promise<void>((resolve) => {
      child.stdout.on("data", (text: Buffer) => text.includes("ready at") && resolve());
    });
    this.ready = Promise.race([serves, ended]);
  }

  async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill("SIGTERM");
    await once(this.#child, "exit");
  }
}
