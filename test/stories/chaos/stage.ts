import { randomBytes } from "node:crypto";
import type { ServiceUrls } from "../../services/provision.js";
import { sumOf } from "./counting-telemetry.js";
import type { Load } from "./drive.js";
import { type Figures, figuresOf } from "./figures.js";
import type { Member } from "./join.js";
import { judge } from "./judge.js";
import { type Fault, perform } from "./perform.js";
import { StoryProcess } from "./story-process.js";

const keys = Array.from({ length: 200 }, (_, index) => `ledger-${index}`);
const senders = ["client-1", "client-2"];

/** How each side reaches broker and store: by way of a proxy, for example. */
export interface Routes {
  readonly worker: ServiceUrls;
  readonly clients: ServiceUrls;
  /** How the test looks at the outcome. */
  readonly direct: ServiceUrls;
}

export interface Outcome {
  /** What is wrong, in words. */
  readonly complaints: readonly string[];
  readonly figures: Figures;
  /** What the processes logged, for those who look for the cause of a failure. */
  readonly logs: string;
}

/** One worker process and two client processes on real services, in a namespace of their own. */
export class Stage implements AsyncDisposable {
  readonly #routes: Routes;
  readonly #namespace = `chaos-${randomBytes(4).toString("hex")}`;
  readonly #clients: StoryProcess[] = [];
  /** The last one lives. */
  readonly #workers: StoryProcess[] = [];

  private constructor(routes: Routes) {
    this.#routes = routes;
  }

  static async set(routes: Routes): Promise<Stage> {
    const stage = new Stage(routes);
    await stage.#startWorker();
    const clients = senders.map((name) => StoryProcess.start("client", stage.#member(name, routes.clients)));
    stage.#clients.push(...(await Promise.all(clients)));
    return stage;
  }

  /** SIGKILL, and another worker takes its place. */
  async killWorker(): Promise<void> {
    await this.#workers.at(-1)!.end("SIGKILL");
    await this.#startWorker();
  }

  /** 10,000 tells and 10,000 asks from two clients to 200 actors, with faults on the way; then the verdict. */
  async play(faults: readonly Fault[]): Promise<Outcome> {
    const began = Date.now();
    const parts = this.#clients.map((client, index) => ({ driver: client.drive.bind(client), load: loadOf(index) }));
    const journal = await perform(parts, faults);
    const stopWorker = () => this.#workers.at(-1)!.end("SIGTERM");
    const complaints = await judge(this.#member("judge", this.#routes.direct), keys, journal, stopWorker);
    const totals = sumOf(this.#processes.map((each) => each.totals));
    const logs = this.#processes.map(({ log }) => log).join("");
    return { complaints, figures: figuresOf(journal, totals, Date.now() - began), logs };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#processes.map((each) => each.end("SIGKILL")));
  }

  get #processes(): readonly StoryProcess[] {
    return [...this.#clients, ...this.#workers];
  }

  async #startWorker(): Promise<void> {
    const member = this.#member(`worker-${this.#workers.length + 1}`, this.#routes.worker);
    this.#workers.push(await StoryProcess.start("worker", member));
  }

  #member(name: string, urls: ServiceUrls): Member {
    return { ...urls, namespace: this.#namespace, name };
  }
}

function loadOf(index: number): Load {
  return { sender: senders[index]!, keys, tells: 4_000, asks: 4_000, concurrency: 128, timeoutMs: 6_000, seed: index };
}
