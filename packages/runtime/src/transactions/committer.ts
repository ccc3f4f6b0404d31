import { ActorError, type Clock, type Random, TransactionInDoubtError } from "@actor-runtime/core";
import type { Directory } from "../client/directory.js";
import { Patience } from "../locks/patience.js";
import type { StoreTime } from "../store-time.js";
import type { Commit, Decided, TransactionCalls } from "./transaction-calls.js";

/** One answer is waited for so long; then it is asked for again, under the same identity (ms). */
const answerMs = 5_000;
/** Whether it committed is asked so much longer than it can commit (ms). */
const graceMs = 5_000;
/**
 * So long after it was first asked to commit, whoever decided still has the answer (ms): a coordinator for 10 min, a participant for
 * the default `replyRetention`. Asked later, it might say that it knows of nothing.
 */
const keptMs = { coordinator: 9.5 * 60_000, participant: 100_000 };
/** Bound of those in doubt that are remembered (P12). */
const maxInDoubt = 1_000;

interface InDoubt {
  readonly ask: (timeoutMs: number) => Promise<Decided>;
  /** By the clock's `monotonic()`. */
  readonly until: number;
}

/** Has transactions committed, and knows which of this process' are in doubt. */
export class Committer {
  readonly #calls: TransactionCalls;
  readonly #directory: Directory;
  readonly #time: StoreTime;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #inDoubt = new Map<string, InDoubt>();

  constructor(calls: TransactionCalls, directory: Directory, time: StoreTime, clock: Clock, random: Random) {
    this.#calls = calls;
    this.#directory = directory;
    this.#time = time;
    this.#clock = clock;
    this.#random = random;
  }

  /**
   * Every call in the transaction was answered, so every participant has promised to commit. Where all of them are in one
   * partition, one of them decides for all with the commit that applies it; else the coordinator does.
   *
   * @throws TransactionInDoubtError when nobody said until some time after its end
   * @throws ActorError when nobody was asked, so that it has not committed
   */
  async commit(commit: Commit): Promise<Decided> {
    const { id, members, until, keep } = commit;
    const addresses = Object.keys(members);
    const here = keep === undefined && this.#inOnePartition(addresses);
    const ask = (timeoutMs: number) =>
      here ? this.#calls.commitHere(addresses[0]!, commit, timeoutMs) : this.#calls.commit(commit, timeoutMs);
    const now = this.#clock.monotonic();
    const keptUntil = now + (here ? keptMs.participant : keptMs.coordinator);
    const end = Math.min(now + until - this.#time.now() + graceMs, keptUntil);
    const patience = new Patience(this.#clock, this.#random, end, undefined);
    let asked = false;
    try {
      return await patience.persist(async () => {
        const before = asked;
        asked = true;
        try {
          return await ask(Math.min(answerMs, patience.leftMs));
        } catch (error) {
          if (error instanceof ActorError && error.effect === "none") asked = before;
          throw error;
        }
      });
    } catch (error) {
      const cause = patience.aborted ? patience.failure : error;
      if (!asked) throw cause;
      this.#remember(id, { ask, until: keptUntil });
      throw inDoubt(id, cause);
    } finally {
      patience.close();
    }
  }

  /** Asks once more about one that is in doubt; `undefined`: it is none of this process', or not any more. */
  async outcome(id: string): Promise<Decided | undefined> {
    const doubt = this.#inDoubt.get(id);
    if (doubt === undefined || doubt.until <= this.#clock.monotonic()) return undefined;
    return doubt.ask(answerMs);
  }

  #inOnePartition(addresses: readonly string[]): boolean {
    const partitions = new Set(
      addresses.map((address) => {
        const slash = address.indexOf("/");
        return this.#directory.partition(address.slice(0, slash), address.slice(slash + 1));
      }),
    );
    return partitions.size === 1 && !partitions.has(undefined);
  }

  #remember(id: string, doubt: InDoubt): void {
    const now = this.#clock.monotonic();
    for (const [known, { until }] of this.#inDoubt) {
      if (until <= now || this.#inDoubt.size >= maxInDoubt) this.#inDoubt.delete(known);
    }
    this.#inDoubt.set(id, doubt);
  }
}

function inDoubt(id: string, cause: unknown): TransactionInDoubtError {
  return new TransactionInDoubtError(
    `transaction ${id}: nobody answered whether it committed; system.transactions.outcome("${id}") asks again`,
    id,
    { cause },
  );
}
