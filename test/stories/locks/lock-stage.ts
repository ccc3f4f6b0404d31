import { randomBytes } from "node:crypto";
import type { LocalSystem } from "@actor-runtime/runtime";
import { onTestFailed, vi } from "vitest";
import type { ServiceUrls } from "../../services/provision.js";
import { CountingTelemetry } from "../chaos/counting-telemetry.js";
import { join, type Member } from "../chaos/join.js";
import { MemberProcess } from "../member-process.js";
import { ownerOf } from "../partition-owner.js";
import type { Awakening, Contest } from "./contender.js";
import { isHeld, machineMs, processOf, type Try } from "./journal.js";
import { leftovers } from "./leftovers.js";
import type { Report, Request } from "./lock-member.js";
import { Resource, type Visit } from "./resource.js";
import { complaints } from "./verdict.js";

export const names = ["report", "invoice"] as const;
/** Of the clients' locks. Workers have their partitions for the same time. */
export const leaseMs = 2_000;
type LockProcess = MemberProcess<Request, Report>;

const file = new URL("./lock-member.ts", import.meta.url);
const contest: Contest = { names, leaseMs, waitMs: 4_000, holdMs: 20 };
const clientsEach = 5;
const silent = { debug() {}, info() {}, warn() {}, error() {} };

/** What a story leaves behind, for its checks. */
export interface Outcome {
  readonly tries: readonly Try[];
  /** What is wrong, in words. */
  readonly complaints: readonly string[];
  /** What the fenced resource refused. */
  readonly refused: readonly Visit[];
  /** How often two were at the unfenced one. */
  readonly overlaps: number;
  readonly awakenings: readonly Awakening[];
  /** Failed tries by error. */
  readonly failed: Readonly<Record<string, number>>;
}

/** What was struck, where it was, and when. */
export interface Strike {
  readonly process: string;
  readonly visit: Visit;
  readonly at: number;
}

/** Three worker processes, and four with five clients each that contend for two locks, in a namespace of their own. */
export class LockStage implements AsyncDisposable {
  readonly #urls: ServiceUrls;
  readonly #namespace = `locks-${randomBytes(4).toString("hex")}`;
  readonly #clients = new Map<string, LockProcess>();
  readonly #workers = new Map<string, LockProcess>();
  readonly #gone: LockProcess[] = [];
  readonly #struck = new Set<string>();
  readonly #resources = new Map<string, Resource>(names.map((name) => [name, new Resource()]));
  readonly #tries: Try[] = [];
  readonly #awakenings: Awakening[] = [];
  #observer!: LocalSystem;
  #onEnter: (visit: Visit) => void = () => {};

  private constructor(urls: ServiceUrls) {
    this.#urls = urls;
  }

  static async set(urls: ServiceUrls): Promise<LockStage> {
    const stage = new LockStage(urls);
    onTestFailed(() => void process.stderr.write(stage.#log));
    await Promise.all(["worker-1", "worker-2", "worker-3"].map((name) => stage.startWorker(name)));
    stage.#observer = await join(stage.#member("observer"), [], new CountingTelemetry(), silent);
    await Promise.all(["clients-1", "clients-2", "clients-3", "clients-4"].map((name) => stage.startClients(name)));
    return stage;
  }

  async startWorker(name: string): Promise<void> {
    this.#workers.set(name, await this.#start("worker", name));
  }

  /** They contend from now on. */
  async startClients(name: string): Promise<void> {
    const clients = await this.#start("clients", name);
    this.#clients.set(name, clients);
    clients.tell({ contend: { count: clientsEach, contest } });
  }

  /** Every lock is held so many times more, by clients that were not struck. */
  async goesOn(times = 20): Promise<void> {
    const since = machineMs();
    const look = () => {
      for (const name of names) {
        const held = this.#steady(name).filter(({ end }) => end.got > since).length;
        if (held < times) throw new Error(`${name} was held ${held} times since`);
      }
    };
    await vi.waitFor(look, { timeout: 30_000, interval: 20 });
  }

  /** Strikes a process while one of its clients is inside the resource; says which. */
  strikeHolder(signal: "SIGKILL" | "SIGSTOP"): Promise<Strike> {
    return new Promise((resolve) => {
      this.#onEnter = (visit) => {
        this.#onEnter = () => {};
        const process = processOf(visit.client);
        this.#struck.add(process);
        this.#clients.get(process)!.signal(signal);
        if (signal === "SIGKILL") this.#forget(process);
        resolve({ process, visit, at: machineMs() });
      };
    });
  }

  /** How long after a moment somebody else had the lock, in ms. */
  async passesOn(name: string, at: number): Promise<number> {
    const next = () => this.#steady(name).find(({ end }) => end.got > at)?.end.got;
    const got = await vi.waitFor(() => next() ?? Promise.reject(new Error(`${name} did not pass on`)), {
      timeout: 30_000,
    });
    return got - at;
  }

  wake(process: string): void {
    this.#clients.get(process)!.signal("SIGCONT");
  }

  /** What somebody saw who was frozen as a holder, once it is awake. */
  awakening(client: string): Promise<Awakening> {
    const find = () => this.#awakenings.find((one) => one.client === client);
    return vi.waitFor(() => find() ?? Promise.reject(new Error(`${client} did not wake up`)), { timeout: 30_000 });
  }

  /** Who serves the lock's actor, once somebody does. */
  owner(name: string): Promise<string> {
    return this.ownerOtherThan(undefined, name);
  }

  ownerOtherThan(before: string | undefined, name: string): Promise<string> {
    return ownerOf(this.#observer, "$system", name, before);
  }

  worker(name: string): LockProcess {
    return this.#workers.get(name)!;
  }

  async killWorker(name: string): Promise<void> {
    await this.worker(name).kill();
    this.#retire(this.#workers, name);
  }

  /** Has it hand over what it owns, and end. */
  async drainWorker(name: string): Promise<number | null | undefined> {
    const code = await this.worker(name).leave();
    this.#retire(this.#workers, name);
    return code;
  }

  /**
   * Everybody stops and leaves.
   *
   * @returns the verdict; among the complaints is what was left behind
   */
  async end(): Promise<Outcome> {
    await Promise.all(Array.from(this.#clients.values(), (clients) => clients.stop()));
    const leaving = Array.from(this.#clients.values(), (clients) => clients.lingers());
    const lingering = (await Promise.all(leaving)).flat();
    const left = await leftovers(this.#member("judge"), this.#observer);
    const workers = Array.from(this.#workers.values(), (worker) => worker.lingers());
    lingering.push(...(await Promise.all(workers)).flat());
    const wrong = [...complaints(this.#tries, this.#struck), ...this.#surprises(), ...left, ...lingering];
    return { tries: this.#tries, complaints: wrong, ...this.#seen() };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const processes = [...this.#clients.values(), ...this.#workers.values(), ...this.#gone];
    await Promise.all(processes.map((each) => each.kill()));
    await this.#observer?.close();
  }

  #seen(): Omit<Outcome, "tries" | "complaints"> {
    const resources = [...this.#resources.values()];
    const failed: Record<string, number> = {};
    for (const { end } of this.#tries) if (end.is === "failed") failed[end.error] = (failed[end.error] ?? 0) + 1;
    return {
      refused: resources.flatMap(({ refused }) => refused),
      overlaps: resources.reduce((sum, { overlaps }) => sum + overlaps.length, 0),
      awakenings: this.#awakenings,
      failed,
    };
  }

  /** What resources saw of processes that were neither killed nor frozen, in words. */
  #surprises(): string[] {
    const steady = (client: string) => !this.#struck.has(processOf(client));
    return [...this.#resources].flatMap(([name, { refused, overlaps }]) => [
      ...refused
        .filter(({ client }) => steady(client))
        .map(({ client, does, fence }) => `${name}: ${client} came to ${does} and its fence ${fence} was refused`),
      ...overlaps
        .filter(({ visit, met }) => steady(visit.client) && steady(met))
        .map(({ visit, met }) => `${name}: ${visit.client} came to ${visit.does} and met ${met}`),
    ]);
  }

  async #start(role: "worker" | "clients", name: string): Promise<LockProcess> {
    const args = [role, JSON.stringify(this.#member(name))];
    const started = await MemberProcess.start<Request, Report>(name, file, args, (report) => {
      if ("made" in report) started.tell({ visit: report.visit, accepted: this.#visit(report.made) });
      else if ("tried" in report) this.#tries.push(report.tried);
      else this.#awakenings.push(report.awoke);
    });
    return started;
  }

  /** @returns whether the fenced resource takes it */
  #visit(visit: Visit): boolean {
    if (visit.does === "enter") this.#onEnter(visit);
    // What it did last may come after the word of its end.
    if (!this.#clients.has(processOf(visit.client))) return false;
    return this.#resources.get(visit.name)!.visit(visit);
  }

  #steady(name: string) {
    return this.#tries.filter(isHeld).filter((one) => one.name === name && !this.#struck.has(processOf(one.client)));
  }

  /** It was killed: its clients are not inside any more. */
  #forget(process: string): void {
    this.#retire(this.#clients, process);
    for (const resource of this.#resources.values()) resource.ended(process);
  }

  #retire(processes: Map<string, LockProcess>, name: string): void {
    this.#gone.push(processes.get(name)!);
    processes.delete(name);
  }

  get #log(): string {
    const processes = [...this.#clients.values(), ...this.#workers.values(), ...this.#gone];
    return processes.map(({ name, log }) => `${name}\n${log}`).join("");
  }

  #member(name: string): Member {
    return { ...this.#urls, namespace: this.#namespace, name };
  }
}
