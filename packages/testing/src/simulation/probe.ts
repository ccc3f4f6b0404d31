import type { Clock } from "@actor-runtime/core";
import type { TurnRun } from "../checkers/history.js";
import type { HistoryRecorder } from "../checkers/history-recorder.js";
import type { ReminderRecorder } from "../checkers/reminders/reminder-recorder.js";
import type { TransactionRecorder } from "../checkers/transactions/transaction-recorder.js";
import { type LockScene, LockUser } from "./lock-user.js";

/** What the simulated actors of one process get by injection: its clock, and how they say what they do. */
export class Probe {
  readonly recorder: HistoryRecorder;
  readonly transactions: TransactionRecorder;
  readonly reminders: ReminderRecorder;
  /** How turns take locks. */
  readonly locks: LockUser;
  readonly #worker: string;
  readonly #clock: Clock;
  readonly #names: { count: number };
  #sleeping = 0;

  /** @param names counts for all processes, so that nothing has the name of something else */
  constructor(
    recorder: HistoryRecorder,
    transactions: TransactionRecorder,
    reminders: ReminderRecorder,
    locks: LockScene,
    worker: string,
    clock: Clock,
    names: { count: number },
  ) {
    this.recorder = recorder;
    this.transactions = transactions;
    this.reminders = reminders;
    this.locks = new LockUser(locks, worker, (ms) => this.sleep(ms));
    this.#worker = worker;
    this.#clock = clock;
    this.#names = names;
  }

  /** The name of a new activation. */
  activation(address: string): string {
    return `${address}#${this.unique()} on ${this.#worker}`;
  }

  /** A number that nobody else gets. */
  unique(): number {
    this.#names.count += 1;
    return this.#names.count;
  }

  turn<T>(begin: Pick<TurnRun, "kind" | "activation" | "address" | "message">, body: () => T | Promise<T>): Promise<T> {
    return this.recorder.turn({ ...begin, worker: this.#worker }, body);
  }

  /** Turns that sleep; those of a process that stopped never wake. */
  get sleeping(): number {
    return this.#sleeping;
  }

  /** Sleeps on even when nobody waits for the turn any more, as careless code does. */
  async sleep(ms: number): Promise<void> {
    this.#sleeping += 1;
    await new Promise<void>((resolve) => void this.#clock.after(ms, resolve));
    this.#sleeping -= 1;
  }
}
