import { randomBytes } from "node:crypto";
import type { LocalSystem } from "@actor-runtime/runtime";
import { onTestFailed, vi } from "vitest";
import type { ServiceUrls } from "../../services/provision.js";
import { CountingTelemetry, sumOf } from "../chaos/counting-telemetry.js";
import { type Figures, figuresOf } from "../chaos/figures.js";
import { join, type Member } from "../chaos/join.js";
import { judge } from "../chaos/judge.js";
import { partitions } from "../chaos/ledger.js";
import type { Traits } from "../chaos/member.js";
import { StoryProcess } from "../chaos/story-process.js";
import { type Silence, silenceIn } from "./silence.js";

export const leaseMs = 3_000;
const keys = Array.from({ length: 48 }, (_, index) => `ledger-${index}`);
const senders = ["client-1", "client-2"];
/** Each client sends three messages to another actor at every beat: together 1,500 a second, to each partition every 8 ms. */
const beatMs = 4;
const timeoutMs = 10_000;
const silent = { debug() {}, info() {}, warn() {}, error() {} };

export interface ClusterOutcome {
  /** What is wrong, in words. */
  readonly complaints: readonly string[];
  readonly figures: Figures;
  readonly silence: Silence;
}

/** Several worker processes and two client processes on real services, in a namespace of their own. */
export class ClusterStage implements AsyncDisposable {
  readonly #urls: ServiceUrls;
  readonly #namespace = `cluster-${randomBytes(4).toString("hex")}`;
  readonly #clients: StoryProcess[] = [];
  readonly #workers = new Map<string, StoryProcess>();
  #observer!: LocalSystem;

  private constructor(urls: ServiceUrls) {
    this.#urls = urls;
  }

  /** Begins with these workers, by name, and their partitions shared out among them. */
  static async set(urls: ServiceUrls, workers: Readonly<Record<string, Traits>>): Promise<ClusterStage> {
    const stage = new ClusterStage(urls);
    onTestFailed(() => void process.stderr.write(stage.#log));
    await Promise.all(Object.entries(workers).map(([name, traits]) => stage.startWorker(name, traits)));
    const clients = senders.map((name) => StoryProcess.start("client", stage.#member(name)));
    stage.#clients.push(...(await Promise.all(clients)));
    stage.#observer = await join(stage.#member("observer"), [], new CountingTelemetry(), silent);
    await stage.balanced(Object.keys(workers));
    return stage;
  }

  async startWorker(name: string, traits: Traits = {}): Promise<void> {
    this.#workers.set(name, await StoryProcess.start("worker", this.#member(name), { leaseMs, ...traits }));
  }

  worker(name: string): StoryProcess {
    return this.#workers.get(name)!;
  }

  /** Resolves once these workers, and no others, hold all partitions, as many each as its share. */
  async balanced(names: readonly string[]): Promise<void> {
    const fewest = Math.floor(partitions / names.length);
    const look = async () => {
      const counts = new Map<string | undefined, number>();
      for (const holder of await this.holders()) counts.set(holder, (counts.get(holder) ?? 0) + 1);
      const fair = counts.size === names.length && names.every((name) => (counts.get(name) ?? 0) >= fewest);
      if (!fair) throw new Error(`partitions are held by ${JSON.stringify([...counts])}`);
    };
    await vi.waitFor(look, { timeout: 30_000, interval: 50 });
  }

  /** Who holds each partition now. */
  async holders(): Promise<readonly (string | undefined)[]> {
    const { mailboxes } = await this.#observer.cluster.describe();
    return mailboxes.find(({ mailbox }) => mailbox.name === "Ledger")!.holders.map((holder) => holder?.worker);
  }

  /** The ids of the workers alive. */
  async members(): Promise<readonly string[]> {
    const { view } = await this.#observer.cluster.describe();
    return view.members.map(({ id }) => id).sort();
  }

  /** Constant load while the script goes on; then the verdict. */
  async play(script: () => Promise<void>): Promise<ClusterOutcome> {
    const began = performance.now();
    this.#clients.forEach((client, index) => {
      client.keepPace({ sender: senders[index]!, keys, beatMs, timeoutMs });
    });
    await script();
    const journal = (await Promise.all(this.#clients.map((client) => client.stopPace()))).flat();
    const ms = performance.now() - began;
    const stopWorkers = async () => {
      await Promise.all(Array.from(this.#workers.values(), (worker) => worker.end("SIGTERM")));
    };
    const complaints = await judge(this.#member("judge"), keys, journal, stopWorkers);
    const figures = figuresOf(journal, sumOf(this.#processes.map((each) => each.totals)), ms);
    return { complaints, figures, silence: silenceIn(journal, partitions) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#processes.map((each) => each.end("SIGKILL")));
    await this.#observer?.close();
  }

  /** What the processes logged and counted, for those who look for the cause of a failure. */
  get #log(): string {
    return this.#processes.map(({ name, log, totals }) => `${name} ${JSON.stringify(totals)}\n${log}`).join("");
  }

  get #processes(): readonly StoryProcess[] {
    return [...this.#clients, ...this.#workers.values()];
  }

  #member(name: string): Member {
    return { ...this.#urls, namespace: this.#namespace, name };
  }
}
