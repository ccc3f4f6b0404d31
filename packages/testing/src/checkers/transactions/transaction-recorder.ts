import { ActorError, TransactionAbortedError, TransactionInDoubtError } from "@actor-runtime/core";
import type { ListOperation, ListValue } from "./list-history.js";
import type { TransactionAttempt, TransactionCall, TransactionHistory } from "./transaction-history.js";

type Open<T> = { -readonly [K in keyof T]: T[K] };

interface OpenAttempt extends Open<TransactionAttempt> {
  readonly operations: ListOperation[];
  readonly balances: Record<string, number>;
}

/** Writes down what callers see of transactions, and the code that runs in them. */
export class TransactionRecorder {
  readonly #step: () => number;
  readonly #calls: Open<TransactionCall>[] = [];
  readonly #attempts = new Map<string, OpenAttempt[]>();
  readonly #changes = new Map<string, Readonly<Record<string, number>>>();

  /** @param step rises with everything that is recorded */
  constructor(step: () => number) {
    this.#step = step;
  }

  /**
   * Watches a call until it ends.
   *
   * @param promise resolves with the id of the attempt that committed; `undefined`: its caller does not hear of it
   */
  call(
    transaction: string,
    process: string,
    changes: Readonly<Record<string, number>>,
    promise: Promise<string | undefined>,
  ): void {
    const call: Open<TransactionCall> = { transaction, process, begun: this.#step(), outcome: "pending" };
    this.#calls.push(call);
    this.#changes.set(transaction, changes);
    const end = (part: Partial<Open<TransactionCall>>): void => {
      // Who died learns nothing any more.
      if (call.outcome === "pending") Object.assign(call, { ended: this.#step(), ...part });
    };
    promise.then(
      (attempt) => end(attempt === undefined ? { outcome: "unknown" } : { outcome: "committed", attempt }),
      (error: unknown) => end(endedBy(error)),
    );
  }

  /** Code begins to run in it. */
  attempt(transaction: string): AttemptRecord {
    const attempts = this.#attempts.get(transaction) ?? [];
    this.#attempts.set(transaction, attempts);
    const id = `${transaction}.${attempts.length + 1}`;
    const attempt: OpenAttempt = { id, begun: this.#step(), operations: [], balances: {} };
    attempts.push(attempt);
    return {
      id,
      appends: (key, value) => void attempt.operations.push({ kind: "append", key, value }),
      read: (key, list) => void attempt.operations.push({ kind: "read", key, list }),
      saw: (address, balance) => void (attempt.balances[address] = balance),
    };
  }

  /** The process has ended. */
  died(process: string): void {
    for (const call of this.#calls) {
      if (call.process === process && call.outcome === "pending") {
        Object.assign(call, { outcome: "unknown", reason: "died", ended: this.#step() });
      }
    }
  }

  /** How many have not ended, of one process or of all. */
  pending(process?: string): number {
    return this.#calls.filter((call) => {
      return call.outcome === "pending" && (process === undefined || call.process === process);
    }).length;
  }

  history(): TransactionHistory {
    return {
      calls: this.#calls,
      attempts: Object.fromEntries(this.#attempts),
      changes: Object.fromEntries(this.#changes),
    };
  }
}

/** What code says of itself that runs in a transaction. */
export interface AttemptRecord {
  readonly id: string;
  /** It asks for that; it may have happened even if it hears of nothing. */
  appends(key: string, value: ListValue): void;
  read(key: string, list: readonly ListValue[]): void;
  saw(address: string, balance: number): void;
}

function endedBy(error: unknown): Partial<Open<TransactionCall>> {
  if (error instanceof TransactionAbortedError) return { outcome: "aborted", reason: error.reason };
  if (error instanceof TransactionInDoubtError) return { outcome: "unknown", reason: "in doubt" };
  const left = error instanceof ActorError ? error.effect : "unknown";
  return { outcome: left === "none" ? "aborted" : "unknown", reason: "failed" };
}
