import { SeededRandom } from "@actor-runtime/embedded";
import type { ListOperation, ListTransaction, ListValue } from "@actor-runtime/testing";

/** A transaction that may be changed, to make a bad history of a good one. */
export type OpenTransaction = { -readonly [K in keyof ListTransaction]: ListTransaction[K] } & {
  operations: ListOperation[];
};

const keys = ["x", "y", "z"] as const;

export interface GoodLists {
  readonly transactions?: number;
  /** At a time. */
  readonly processes?: number;
  readonly keys?: readonly string[];
}

interface Running {
  readonly transaction: OpenTransaction;
  readonly plan: readonly { readonly key: string; readonly isAppend: boolean }[];
  readonly undo: { readonly key: string; readonly value: ListValue }[];
  /** `done`: all its operations are. */
  next: number;
}

/**
 * A history of transactions under strict two-phase locking, in a random order: who needs a lock that another holds waits, and
 * who would wait in a circle aborts. Some abort by themselves; of some the outcome is unknown. In the end somebody reads all.
 */
export function goodLists(
  seed: number,
  { transactions = 20, processes = 4, keys: names = keys }: GoodLists = {},
): OpenTransaction[] {
  return new TwoPhaseLocking(seed, transactions, processes, names).run();
}

class TwoPhaseLocking {
  readonly #random: SeededRandom;
  readonly #most: number;
  readonly #keys: readonly string[];
  readonly #history: OpenTransaction[] = [];
  readonly #running = new Map<number, Running>();
  readonly #processes: number;
  readonly #lists = new Map<string, ListValue[]>();
  /** By key, with who only reads. */
  readonly #locks = new Map<string, Map<Running, "read" | "append">>();
  #time = 0;
  #values = 0;

  constructor(seed: number, most: number, processes: number, names: readonly string[]) {
    this.#random = new SeededRandom(seed);
    this.#most = most;
    this.#processes = processes;
    this.#keys = names;
  }

  run(): OpenTransaction[] {
    while (this.#history.length < this.#most || this.#running.size > 0) {
      this.#time += 1;
      const process = this.#below(this.#processes);
      const running = this.#running.get(process);
      if (running !== undefined) this.#goOn(process, running);
      else if (this.#history.length < this.#most) this.#begin(process);
    }
    const operations = this.#keys.map((key): ListOperation => ({ kind: "read", key, list: this.#list(key) }));
    const [begun, ended] = [this.#time + 1, this.#time + 2];
    this.#history.push({ id: "last", process: "last", begun, ended, outcome: "committed", operations });
    return this.#history;
  }

  #begin(process: number): void {
    const transaction: OpenTransaction = {
      ...{ id: `t${this.#history.length + 1}`, process: `c${process}`, begun: this.#time },
      ...{ outcome: "unknown", operations: [] },
    };
    const plan = Array.from({ length: 1 + this.#below(4) }, () => {
      return { key: this.#keys[this.#below(this.#keys.length)]!, isAppend: this.#random.next() < 0.5 };
    });
    this.#history.push(transaction);
    this.#running.set(process, { transaction, plan, undo: [], next: 0 });
  }

  #goOn(process: number, running: Running): void {
    const step = running.plan[running.next];
    if (step === undefined) {
      const chance = this.#random.next();
      this.#end(process, running, chance < 0.9, chance < 0.85 ? "committed" : chance < 0.95 ? "unknown" : "aborted");
      return;
    }
    if (!this.#lock(running, step)) {
      // Whoever has waited for a while may be part of a circle.
      if (this.#random.next() < 0.2) this.#end(process, running, false, "aborted");
      return;
    }
    running.next += 1;
    const list = this.#list(step.key);
    const { operations } = running.transaction;
    if (step.isAppend) {
      const value = ++this.#values;
      list.push(value);
      running.undo.push({ key: step.key, value });
      operations.push({ kind: "append", key: step.key, value });
    } else {
      operations.push({ kind: "read", key: step.key, list: [...list] });
    }
  }

  #end(process: number, running: Running, commits: boolean, outcome: ListTransaction["outcome"]): void {
    if (!commits) for (const { key } of running.undo.toReversed()) this.#list(key).pop();
    for (const holders of this.#locks.values()) holders.delete(running);
    this.#running.delete(process);
    const { transaction } = running;
    transaction.outcome = outcome;
    if (outcome !== "unknown") transaction.ended = this.#time;
  }

  #lock(running: Running, { key, isAppend }: Running["plan"][number]): boolean {
    let holders = this.#locks.get(key);
    if (holders === undefined) this.#locks.set(key, (holders = new Map()));
    const others = [...holders].filter(([holder]) => holder !== running);
    if (isAppend ? others.length > 0 : others.some(([, mode]) => mode === "append")) return false;
    if (isAppend || !holders.has(running)) holders.set(running, isAppend ? "append" : "read");
    return true;
  }

  #list(key: string): ListValue[] {
    let list = this.#lists.get(key);
    if (list === undefined) this.#lists.set(key, (list = []));
    return list;
  }

  #below(bound: number): number {
    return Math.floor(this.#random.next() * bound);
  }
}
