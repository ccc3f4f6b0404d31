import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import type { ActorSystem } from "actor-runtime";
import type { Hosted } from "./hosted.js";
import { messageOf, start, stop } from "./own-process.js";

const pollMs = 20;
const longestMs = 60_000;

/** The workers of a figure, each in a process of its own. */
export class Workers {
  readonly #hosted: Hosted;
  readonly #processes: ChildProcess[] = [];
  readonly #prepared: ChildProcess[] = [];

  constructor(hosted: Hosted) {
    this.#hosted = hosted;
  }

  /** Starts so many processes that do nothing yet: to start one takes the machine away from all others for a while. */
  async prepare(count: number): Promise<void> {
    const prepared = Array.from({ length: count }, () => start("worker-process.js", { args: [this.#hosted] }));
    this.#prepared.push(...prepared);
    await Promise.all(prepared.map(messageOf));
  }

  /** Those that are prepared join. */
  async join(): Promise<void> {
    const joining = this.#prepared.splice(0);
    this.#processes.push(...joining);
    for (const worker of joining) worker.send("join");
    await Promise.all(joining.map(messageOf));
  }

  async start(count: number): Promise<void> {
    await this.prepare(count);
    await this.join();
  }

  /** Has the last one hand over what it owns, and end. */
  async drainOne(): Promise<void> {
    await stop(this.#processes.pop()!);
  }

  async killOne(): Promise<void> {
    const last = this.#processes.pop()!;
    last.kill("SIGKILL");
    await once(last, "exit");
  }

  async stop(): Promise<void> {
    await Promise.all(this.#processes.map(stop));
  }

  /**
   * Resolves once every partition is held, and each worker holds its share.
   *
   * @throws Error when that is not so after a minute
   */
  async balanced(system: ActorSystem): Promise<void> {
    const until = performance.now() + longestMs;
    for (;;) {
      const { mailboxes } = await system.cluster.describe();
      if (mailboxes.every(({ holders }) => this.#isFair(holders.map((holder) => holder?.worker)))) return;
      if (performance.now() > until) throw new Error(`partitions are not shared out: ${JSON.stringify(mailboxes)}`);
      await delay(pollMs);
    }
  }

  /** Whether all partitions are held, and none of the workers has more than one above another. */
  #isFair(holders: readonly (string | undefined)[]): boolean {
    const counts = new Map<string | undefined, number>();
    for (const holder of holders) counts.set(holder, (counts.get(holder) ?? 0) + 1);
    const [fewest, most] = [Math.min(...counts.values()), Math.max(...counts.values())];
    return !counts.has(undefined) && counts.size === this.#processes.length && most - fewest <= 1;
  }
}
