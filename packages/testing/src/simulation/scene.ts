import type { Half } from "@actor-runtime/embedded";
import type { ActorSystem } from "@actor-runtime/runtime";
import type { HistoryRecorder } from "../checkers/history-recorder.js";
import type { LockRecorder } from "../checkers/locks/lock-recorder.js";
import type { ReminderRecorder } from "../checkers/reminders/reminder-recorder.js";
import type { TransactionRecorder } from "../checkers/transactions/transaction-recorder.js";
import type { ProcessState, TestCluster, WorkerOptions } from "../cluster/test-cluster.js";
import { addresses } from "./addresses.js";
import type { Dice } from "./dice.js";
import type { Watch } from "./watch.js";

/** More workers than this are never alive at a time. */
const mostWorkers = 5;

interface Later {
  readonly atMs: number;
  readonly task: () => void;
}

/** A cluster on which faults strike, and what has to be remembered of them. */
export class Scene {
  readonly cluster: TestCluster;
  readonly dice: Dice;
  readonly watch: Watch;
  readonly recorder: HistoryRecorder;
  readonly locks: LockRecorder;
  readonly transactions: TransactionRecorder;
  readonly reminders: ReminderRecorder;
  /** By name; they come and go as workers do. */
  readonly clients = new Map<string, ActorSystem>();
  /** Somebody who is never struck. */
  readonly operator: ActorSystem;
  /** What failed although no fault accounts for it. */
  readonly failures: string[] = [];
  readonly #ids: ReadonlyMap<string, string>;
  readonly #cutOff = new Set<string>();
  readonly #frozen = new Set<string>();
  #later: Later[] = [];
  #names = 100;
  #underWay = 0;

  constructor(
    parts: Pick<Scene, "cluster" | "dice" | "watch" | "recorder" | "locks" | "transactions" | "reminders" | "operator">,
    ids: ReadonlyMap<string, string>,
  ) {
    this.cluster = parts.cluster;
    this.dice = parts.dice;
    this.watch = parts.watch;
    this.recorder = parts.recorder;
    this.locks = parts.locks;
    this.transactions = parts.transactions;
    this.reminders = parts.reminders;
    this.operator = parts.operator;
    this.#ids = ids;
  }

  // ---- who is there

  workersIn(...states: ProcessState[]): string[] {
    return this.cluster.workers.filter(({ state }) => states.includes(state)).map(({ name }) => name);
  }

  /** Workers that run and reach everything. */
  healthy(): string[] {
    const fine = this.cluster.workers.filter(({ state, cutOff }) => state === "running" && cutOff === undefined);
    return fine.map(({ name }) => name);
  }

  /** Clients that reach everything. */
  reachingClients(): string[] {
    return [...this.clients.keys()].filter((name) => !this.#cutOff.has(name));
  }

  /** Clients that run. */
  awakeClients(): [name: string, client: ActorSystem][] {
    return [...this.clients].filter(([name]) => !this.#frozen.has(name));
  }

  get clientsFrozen(): boolean {
    return [...this.clients.keys()].some((name) => this.#frozen.has(name));
  }

  isFrozen(name: string): boolean {
    return this.#frozen.has(name);
  }

  hasRoom(): boolean {
    return this.workersIn("starting", "running", "frozen", "draining").length < mostWorkers;
  }

  owned(name: string): string[] {
    return addresses.filter((address) => this.cluster.owner(address) === name);
  }

  /** The name under which recorders know the process that has the name now. */
  idOf(name: string): string {
    return this.#ids.get(name) ?? name;
  }

  /** Whether the process is still the one that had the name then. */
  identity(name: string): () => boolean {
    const id = this.#ids.get(name);
    return () => this.#ids.get(name) === id;
  }

  // ---- what is done to it

  freshName(): string {
    this.#names += 1;
    return `w${this.#names}`;
  }

  start(name: string, options?: WorkerOptions): void {
    this.inBackground(`start ${name}`, this.cluster.start(name, options));
  }

  restart(name: string): void {
    this.#ended(name);
    this.inBackground(`restart ${name}`, this.cluster.restart(name));
  }

  kill(name: string): void {
    this.#ended(name);
    this.cluster.kill(name);
  }

  drain(name: string, drainTimeout: number): void {
    const isSame = this.identity(name);
    const drained = this.cluster.drain(name, { drainTimeout }).then(() => {
      if (isSame()) this.#ended(name);
    });
    this.inBackground(`drain ${name}`, drained);
  }

  freeze(name: string): void {
    this.#frozen.add(name);
    this.locks.froze(this.idOf(name));
    this.cluster.freeze(name);
  }

  /** Unless it has ended since it was frozen. */
  wake(name: string): void {
    if (!this.#frozen.delete(name)) return;
    this.locks.woke(this.idOf(name));
    this.cluster.wake(name);
  }

  cutOff(name: string, half: Half, how: "noticed" | "unnoticed"): void {
    this.#cutOff.add(name);
    if (how === "noticed") this.cluster.partition(name, half);
    else this.cluster.stall(name, half);
  }

  /** Unless it has ended since it was cut off. */
  heal(name: string): void {
    if (this.#cutOff.delete(name)) this.cluster.heal(name);
  }

  async connect(name: string): Promise<void> {
    this.clients.set(name, await this.cluster.client(name));
  }

  inBackground(what: string, promise: Promise<unknown>): void {
    this.#underWay += 1;
    promise
      .catch((error: unknown) => {
        this.failures.push(`${what}: ${String(error)}`);
      })
      .finally(() => {
        this.#underWay -= 1;
      });
  }

  /** Something that was begun in the background has not ended. */
  get busy(): boolean {
    return this.#underWay > 0;
  }

  #ended(name: string): void {
    const id = this.idOf(name);
    this.recorder.died(id);
    this.locks.died(id);
    this.transactions.died(id);
    this.#cutOff.delete(name);
    this.#frozen.delete(name);
  }

  // ---- time

  /** In ms since it began. */
  now(): number {
    return this.cluster.uptime();
  }

  /** Sets the clocks of the store and of all processes. */
  setTime(ms: number): void {
    const fromMs = this.cluster.now();
    this.cluster.setTime(ms);
    this.reminders.stepped({ fromMs, toMs: this.cluster.now() });
  }

  /** Once so much time has passed, or there is peace if that is sooner. */
  after(ms: number, task: () => void): void {
    this.#later.push({ atMs: this.now() + ms, task });
  }

  /** Moves time, with what falls due on the way. */
  async advance(ms: number): Promise<void> {
    const end = this.now() + ms;
    for (;;) {
      const next = Math.min(end, ...this.#later.map(({ atMs }) => atMs));
      await this.cluster.advance(Math.max(0, next - this.now()));
      this.#run((later) => later.atMs <= this.now());
      if (this.now() >= end) return;
    }
  }

  /** Ends what still goes on. */
  endFaults(): void {
    while (this.#later.length > 0) this.#run(() => true);
  }

  #run(isDue: (later: Later) => boolean): void {
    const due = this.#later.filter(isDue);
    this.#later = this.#later.filter((later) => !due.includes(later));
    for (const { task } of due.toSorted((a, b) => a.atMs - b.atMs)) task();
  }
}
