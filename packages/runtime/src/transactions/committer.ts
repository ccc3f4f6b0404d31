import { ActorError, type Clock, type Random, TransactionInDoubtError } from "@actor-runtime/core";
import type { Directory } from "../client/directory.js";
import { Patience } from "../locks/patience.js";
import type { StoreTime } from "../store-time.js";
import type { Commit, Decided, TransactionCalls } from "./transaction-calls.js";
import type { CommitPath } from "./transaction-end.js";

/** An answer may have been lost, so the ask is repeated this often (ms). */
const repeatMs = 1_000;
/** Whether it committed is waited for so much longer than it can commit (ms). */
const graceMs = 5_000;
/**
 * So long the ask to commit waits for its answer, be it in doubt meanwhile (ms): whoever decided still has the answer then. A
 * coordinator keeps it for 10 min, a participant for its `replyRetention`, 2 min by default.
 */
const answerMs = { coordinator: 9 * 60_000, participant: 60_000 };
/** So long it is known what became of one that was in doubt (ms). */
const knownMs = 10 * 60_000;
/** Whoever asks about one in doubt waits so long for word of it (ms). */
const wordMs = 5_000;
/** Bound of those in doubt that are remembered (P12). */
const maxInDoubt = 1_000;

interface InDoubt {
  /** `undefined`: it will never be known. */
  readonly answer: Promise<Decided | undefined>;
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
   * partition, one of them decides for all with the commit that applies it; else the coordinator does. It is asked anew only when
   * it is certain that nothing came of the first ask: whoever decided may have forgotten.
   *
   * @throws TransactionInDoubtError when nobody said until some time after its end
   * @throws ActorError when nobody was asked, so that it has not committed
   */
  async commit(commit: Commit): Promise<Decided> {
    const { id, until } = commit;
    const now = this.#clock.monotonic();
    const patience = new Patience(this.#clock, this.#random, now + until - this.#time.now() + graceMs, undefined);
    let asked: Promise<Decided> | undefined;
    const ask = async (): Promise<Decided | { readonly kind: "unknown"; readonly cause: unknown }> => {
      try {
        return await (asked = this.#ask(commit));
      } catch (error) {
        if (!(error instanceof ActorError) || error.effect === "unknown") return { kind: "unknown", cause: error };
        asked = undefined;
        throw error;
      }
    };
    try {
      const outcome = await patience.persist(ask);
      if (outcome.kind === "committed") this.#tell(commit);
      if (outcome.kind !== "unknown") return outcome;
      throw inDoubt(id, outcome.cause);
    } catch (error) {
      if (error instanceof TransactionInDoubtError) throw error;
      if (asked === undefined) throw patience.aborted ? patience.failure : error;
      this.#remember(id, asked);
      throw inDoubt(id, patience.failure);
    } finally {
      patience.close();
    }
  }

  /** What is known by now of one that was in doubt; `undefined`: nothing, or it was none of this process'. */
  async outcome(id: string): Promise<Decided | undefined> {
    let cancel = () => {};
    const enough = new Promise<undefined>((resolve) => {
      cancel = this.#clock.after(wordMs, () => resolve(undefined));
    });
    const outcome = await Promise.race([this.#inDoubt.get(id)?.answer, enough]);
    cancel();
    return outcome;
  }

  /** Who decides about it. */
  path({ members, keep }: Commit): CommitPath {
    return keep === undefined && this.#areTogether(Object.keys(members)) ? "partition" : "coordinator";
  }

  #ask(commit: Commit): Promise<Decided> {
    if (this.path(commit) === "coordinator") return this.#calls.commit(commit, answerMs.coordinator, repeatMs);
    const [member] = Object.keys(commit.members);
    return this.#calls.commitHere(member!, commit, answerMs.participant, repeatMs);
  }

  /** One partition that decided for all knows already. */
  #tell(commit: Commit): void {
    if (this.path(commit) === "partition") return;
    const { id, members } = commit;
    for (const [member, participation] of Object.entries(members)) this.#calls.committed(member, id, participation);
  }

  #areTogether(members: readonly string[]): boolean {
    const partitions = new Set(
      members.map((address) => {
        const slash = address.indexOf("/");
        return this.#directory.partition(address.slice(0, slash), address.slice(slash + 1));
      }),
    );
    return partitions.size === 1 && !partitions.has(undefined);
  }

  #remember(id: string, asked: Promise<Decided>): void {
    const now = this.#clock.monotonic();
    for (const [known, { until }] of this.#inDoubt) {
      if (until <= now || this.#inDoubt.size >= maxInDoubt) this.#inDoubt.delete(known);
    }
    this.#inDoubt.set(id, { answer: asked.catch(() => undefined), until: now + knownMs });
  }
}

function inDoubt(id: string, cause: unknown): TransactionInDoubtError {
  return new TransactionInDoubtError(
    `transaction ${id}: nobody answered whether it committed; ask system.transactions.outcome("${id}")`,
    id,
    { cause },
  );
}
