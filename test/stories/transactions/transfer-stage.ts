import { randomBytes } from "node:crypto";
import type { LocalSystem } from "@actor-runtime/runtime";
import { onTestFailed, vi } from "vitest";
import type { ServiceUrls } from "../../services/provision.js";
import { CountingTelemetry, sumOf, type Totals } from "../chaos/counting-telemetry.js";
import { join, type Member } from "../chaos/join.js";
import { MemberProcess } from "../member-process.js";
import { ownerOf } from "../partition-owner.js";
import { Account, Statement } from "./account.js";
import { Auditor } from "./auditor.js";
import type { Ended, Known } from "./journal.js";
import { coordinators, leftovers } from "./leftovers.js";
import { accountKeys, openingBalance, transferOf } from "./transfer.js";
import type { Report, Request } from "./transfer-member.js";
import { complaints } from "./verdict.js";

type Process = MemberProcess<Request, Report>;

const file = new URL("./transfer-member.ts", import.meta.url);
const clientsEach = 4;
/** After it nothing is held, parked or in doubt, once all processes and services are back. */
const settledWithinMs = 3_000;
/** What one transfer may take on a machine that is busy with something else, on average. */
export const slowestMs = 200;
const silent = { debug() {}, info() {}, warn() {}, error() {} };

/** What a story leaves behind, for its checks. */
export interface Outcome {
  /** What is wrong, in words. */
  readonly complaints: readonly string[];
  readonly transfers: number;
  readonly done: number;
  /** Why others were not, as their clients were told. */
  readonly failed: Readonly<Record<string, number>>;
  /** Attempts after the first one of transfers made in a body. */
  readonly retries: number;
  readonly audits: { readonly exact: number; readonly failed: number };
  /** What the processes counted. */
  readonly totals: Totals;
}

/** Three worker processes, four with four clients each that make transfers, and an auditor, in a namespace of their own. */
export class TransferStage implements AsyncDisposable {
  readonly #urls: ServiceUrls;
  readonly #namespace = `transfers-${randomBytes(4).toString("hex")}`;
  readonly #clients = new Map<string, Process>();
  readonly #workers = new Map<string, Process>();
  readonly #gone: Process[] = [];
  readonly #totals = new Map<string, Totals>();
  readonly #ended: Ended[] = [];
  /** By client the number of the last transfer it told of. */
  readonly #last = new Map<string, number>();
  readonly #killed: string[] = [];
  #started = 0;
  #done = 0;
  #observer!: LocalSystem;
  #auditor!: Auditor;

  private constructor(urls: ServiceUrls) {
    this.#urls = urls;
  }

  static async set(urls: ServiceUrls): Promise<TransferStage> {
    const stage = new TransferStage(urls);
    onTestFailed(() => void process.stderr.write(stage.#log));
    await Promise.all(Array.from({ length: 3 }, () => stage.startWorker()));
    stage.#observer = await join(stage.#member("observer"), [], new CountingTelemetry(), silent);
    await Promise.all(Array.from({ length: 4 }, () => stage.startClients()));
    stage.#auditor = new Auditor(stage.#observer);
    return stage;
  }

  async startWorker(): Promise<void> {
    const name = `worker-${++this.#started}`;
    this.#workers.set(name, await this.#start("worker", name));
  }

  /** They make transfers from now on. */
  async startClients(): Promise<void> {
    const name = `clients-${++this.#started}`;
    const clients = await this.#start("clients", name);
    this.#clients.set(name, clients);
    for (let index = 0; index < clientsEach; index++) this.#last.set(`${name}/${index}`, 0);
    clients.tell({ tellers: clientsEach });
  }

  /** So many more transfers are done, and one more audit. */
  async goesOn(transfers: number): Promise<void> {
    const done = this.#done + transfers;
    const audits = this.#auditor.totals.length + 1;
    const look = () => {
      if (this.#done >= done && this.#auditor.totals.length >= audits) return;
      const { failed } = this.#figures([]);
      throw new Error(
        `${done - this.#done} more transfers were to come, and ${audits - this.#auditor.totals.length} audits; failed so far: ${JSON.stringify({ failed, audits: this.#auditor.failed })}`,
      );
    };
    await vi.waitFor(look, { timeout: 30_000 + transfers * slowestMs, interval: 20 });
  }

  /** Four clients die in the middle of what they do. */
  async killClients(): Promise<void> {
    const clients = this.clients;
    await clients.kill();
    this.#retire(this.#clients, clients.name);
    for (let index = 0; index < clientsEach; index++) this.#killed.push(`${clients.name}/${index}`);
  }

  /** Those that have been there for longest. */
  get clients(): Process {
    return this.#clients.values().next().value!;
  }

  worker(name: string): Process {
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

  /** Who owns the first account, once somebody does. */
  owner(): Promise<string> {
    return this.ownerOtherThan(undefined);
  }

  ownerOtherThan(before: string | undefined): Promise<string> {
    return ownerOf(this.#observer, "Account", accountKeys[0]!, before);
  }

  /** Clients and auditor end what they are at; says what is still held, parked or in doubt a little later, in words. */
  async stop(): Promise<string[]> {
    await Promise.all([this.#auditor.stop(), ...Array.from(this.#clients.values(), (clients) => clients.stop())]);
    return leftovers(this.#member("judge"), this.#observer, settledWithinMs);
  }

  /** Coordinators that remember something, by address. */
  coordinators(): Promise<string[]> {
    return coordinators(this.#observer);
  }

  /** Everybody leaves; returns the verdict. */
  async end(): Promise<Outcome> {
    const clients = [...this.#last.keys()];
    const accounts = await this.#ask(accountKeys, (key) => this.#observer.ref(Account, key).report());
    const statements = await this.#ask(clients, (client) => this.#observer.ref(Statement, client).report());
    const known = this.#known();
    const wrong = [
      ...this.#wrongTotals().map((total) => `an audit came to ${total}`),
      ...complaints(known, { accounts, statements }),
      ...(await this.#deadLetters()),
      ...(await this.#everybodyLeaves()),
    ];
    return { complaints: wrong, ...this.#figures(known) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#processes.map((each) => each.kill()));
    await this.#auditor?.stop();
    await this.#observer?.close();
  }

  #start(role: "worker" | "clients", name: string): Promise<Process> {
    return MemberProcess.start(name, file, [role, JSON.stringify(this.#member(name))], (report: Report) => {
      if ("ended" in report) this.#take(report.ended);
      else this.#totals.set(name, report.totals);
    });
  }

  #take(ended: Ended): void {
    this.#ended.push(ended);
    this.#last.set(ended.client, ended.n);
    if (ended.end === "done") this.#done += 1;
  }

  /** Of clients that were killed, what they were at may be done, and what they told of last may be one before it. */
  #known(): Known[] {
    const underWay = this.#killed.flatMap((client) => {
      return [1, 2].map((ahead) => transferOf(client, this.#last.get(client)! + ahead));
    });
    return [
      ...this.#ended.map(({ client, n, end }) => ({ transfer: transferOf(client, n), end })),
      ...underWay.map((transfer) => ({ transfer, end: "unknown" as const })),
    ];
  }

  async #ask<R>(keys: readonly string[], ask: (key: string) => Promise<R>): Promise<ReadonlyMap<string, R>> {
    return new Map(await Promise.all(keys.map(async (key) => [key, await ask(key)] as const)));
  }

  #wrongTotals(): number[] {
    return this.#auditor.totals.filter((total) => total !== openingBalance * accountKeys.length);
  }

  async #deadLetters(): Promise<string[]> {
    const letters: string[] = [];
    for await (const letter of this.#observer.dead.list()) letters.push(`a dead letter: ${JSON.stringify(letter)}`);
    return letters;
  }

  /** Clients first; what keeps a process from ending, in words. */
  async #everybodyLeaves(): Promise<string[]> {
    const clients = await Promise.all(Array.from(this.#clients.values(), (one) => one.lingers()));
    const workers = await Promise.all(Array.from(this.#workers.values(), (one) => one.lingers()));
    return [...clients, ...workers].flat();
  }

  #figures(known: readonly Known[]): Omit<Outcome, "complaints"> {
    const failed: Record<string, number> = {};
    for (const { why } of this.#ended) if (why !== undefined) failed[why] = (failed[why] ?? 0) + 1;
    const wrong = this.#wrongTotals().length;
    return {
      transfers: known.length,
      done: this.#done,
      failed,
      retries: this.#ended.reduce((sum, { attempts = 1 }) => sum + Math.max(0, attempts - 1), 0),
      audits: { exact: this.#auditor.totals.length - wrong, failed: this.#auditor.failed },
      totals: sumOf([...this.#totals.values()]),
    };
  }

  #retire(processes: Map<string, Process>, name: string): void {
    this.#gone.push(processes.get(name)!);
    processes.delete(name);
  }

  get #processes(): readonly Process[] {
    return [...this.#clients.values(), ...this.#workers.values(), ...this.#gone];
  }

  get #log(): string {
    return this.#processes.map(({ name, log }) => `${name}\n${log}`).join("");
  }

  #member(name: string): Member {
    return { ...this.#urls, namespace: this.#namespace, name };
  }
}
