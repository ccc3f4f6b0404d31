import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Outage } from "./outage.js";

const actorRuntime = fileURLToPath(new URL("../bin/actor-runtime.js", import.meta.resolve("actor-runtime")));
const subscriptions = fileURLToPath(new URL("./subscription.js", import.meta.url));
/** How long what it owned waits for it once it is dead. */
const lease = "4s";

/** `actor-runtime start` in a process of its own, killed and started again. */
export class WorkerProcess implements Outage {
  readonly #namespace: string;
  #child: ChildProcess | undefined;
  #fail!: (error: Error) => void;
  /** Rejects when it ends although nobody ended it. */
  readonly failure = new Promise<never>((_, reject) => {
    this.#fail = reject;
  });

  constructor(namespace: string) {
    this.#namespace = namespace;
  }

  /** Resolves when it serves. */
  async start(): Promise<void> {
    const options = ["--lease", lease, "--namespace", this.#namespace, "--port", "0"];
    const child = spawn(process.execPath, [actorRuntime, "start", subscriptions, ...options], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    this.#child = child;
    child.once("exit", () => child === this.#child && this.#fail(new Error("the worker has ended")));
    await new Promise<void>((resolve) => {
      child.stdout.on("data", (text: Buffer) => text.includes("ready at") && resolve());
    });
  }

  async begin(): Promise<string> {
    await this.#end("SIGKILL");
    return "the only worker is killed (SIGKILL): no subscription is in memory now";
  }

  async end(): Promise<string> {
    await this.start();
    return `the worker is started again, and serves once the lease of the dead one (${lease}) is over`;
  }

  /** It hands over what it owns first. */
  async stop(): Promise<void> {
    await this.#end("SIGTERM");
  }

  async #end(signal: "SIGTERM" | "SIGKILL"): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    await once(child, "exit");
  }
}
