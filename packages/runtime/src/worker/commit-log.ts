import {
  type ActorError,
  type Answer,
  type Cancel,
  type CommitOutcome,
  type CommitRecord,
  LostOwnershipError,
  retryDelayMs,
  StoreUnavailableError,
} from "@actor-runtime/core";
import { soon } from "../soon.js";
import { CommitGroup } from "./commit-group.js";

/** What the log needs of the tenure it belongs to. */
export interface CommitHost {
  build(group: CommitGroup): CommitRecord;
  write(record: CommitRecord): Promise<CommitOutcome>;
  /** The commit is known to have succeeded: everything that waited for it may leave. */
  release(group: CommitGroup, record: CommitRecord): void;
  /** The partition is no longer ours. */
  lose(reason: ActorError): void;
  /** The store went back in time. */
  rewound(): void;
  random(): number;
  after(ms: number, task: () => void): Cancel;
}

const backoff = { firstMs: 20, maxMs: 1_000 };

/** Group commit of one partition: one in flight, the next gathers meanwhile (delivery.md A.5). */
export class CommitLog {
  readonly #host: CommitHost;
  #gathering: CommitGroup;
  #inFlight: CommitGroup | undefined;
  #committedSeq: number;
  #scheduled = false;
  #unavailable = false;
  #cancelRetry: Cancel = () => {};
  /** Why nothing is committed any more. */
  #lost: ActorError | undefined;

  constructor(host: CommitHost, seq: number) {
    this.#host = host;
    this.#committedSeq = seq;
    this.#gathering = new CommitGroup(seq + 1);
  }

  /** Where finished turns put what they leave; call `commitSoon` after. */
  get gathering(): CommitGroup {
    return this.#gathering;
  }

  /** Number of the last commit known to have succeeded. */
  get committedSeq(): number {
    return this.#committedSeq;
  }

  /** The store does not answer: new asks are refused instead of waiting. */
  get unavailable(): boolean {
    return this.#unavailable;
  }

  get idle(): boolean {
    return this.#inFlight === undefined && !this.#scheduled && !this.#gathering.pressing;
  }

  /** The group of a commit number that is not known yet. */
  pending(seq: number): CommitGroup | undefined {
    if (seq <= this.#committedSeq) return undefined;
    return this.#inFlight?.seq === seq ? this.#inFlight : this.#gathering;
  }

  /** An answer given by a turn whose commit is not known yet. */
  pendingAnswer(key: string): Answer | undefined {
    return this.#gathering.findAnswer(key) ?? this.#inFlight?.findAnswer(key);
  }

  /** Resolves once the commit of this number is known; rejects when the partition is lost before. */
  committed(seq: number): Promise<void> {
    const group = this.pending(seq);
    if (!group) return Promise.resolve();
    if (this.#lost !== undefined) return Promise.reject(this.#lost);
    return new Promise((resolve, reject) => group.waiters.push({ resolve, reject }));
  }

  /** Commits what is gathered after the work that is going on now. */
  commitSoon(): void {
    if (this.#scheduled || this.#inFlight !== undefined || this.#lost !== undefined) return;
    this.#scheduled = true;
    soon(this.#begin);
  }

  close(reason: ActorError): void {
    this.#lost = reason;
    this.#cancelRetry();
    const waiters = [...(this.#inFlight?.waiters ?? []), ...this.#gathering.waiters];
    for (const waiter of waiters) waiter.reject(reason);
    this.#inFlight?.trace?.lost(reason);
    this.#gathering.trace?.lost(reason);
  }

  readonly #begin = (): void => {
    this.#scheduled = false;
    if (this.#lost !== undefined || this.#inFlight !== undefined || !this.#gathering.pressing) return;
    const group = this.#gathering;
    const record = this.#host.build(group);
    this.#inFlight = group;
    group.trace?.begin();
    this.#gathering = new CommitGroup(group.seq + 1);
    this.#write(group, record, 0);
  };

  #write(group: CommitGroup, record: CommitRecord, failures: number): void {
    this.#host.write(record).then(
      (outcome) => this.#known(group, record, outcome),
      (error) => {
        if (this.#lost !== undefined) return;
        if (!(error instanceof StoreUnavailableError)) {
          this.#host.lose(new LostOwnershipError("the commit failed", { cause: error }));
          return;
        }
        // The outcome is unknown: the same record again until it is known or the lease is lost.
        this.#unavailable = true;
        group.trace?.retried(error);
        const delayMs = retryDelayMs(failures + 1, backoff, this.#host.random());
        this.#cancelRetry = this.#host.after(delayMs, () => this.#write(group, record, failures + 1));
      },
    );
  }

  #known(group: CommitGroup, record: CommitRecord, outcome: CommitOutcome): void {
    if (this.#lost !== undefined) return;
    this.#unavailable = false;
    if (outcome === "rewound") {
      this.#host.rewound();
      return;
    }
    if (outcome === "fenced") {
      this.#host.lose(new LostOwnershipError(`commit ${record.seq} was refused: another worker owns it`));
      return;
    }
    this.#committedSeq = group.seq;
    this.#inFlight = undefined;
    this.#host.release(group, record);
    group.trace?.committed();
    for (const waiter of group.waiters) waiter.resolve();
    if (this.#gathering.pressing) this.commitSoon();
  }
}
