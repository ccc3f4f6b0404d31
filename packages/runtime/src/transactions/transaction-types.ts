import type { AbortReason, Duration, HoldMode } from "@actor-runtime/core";

export interface TransactionOptions {
  /**
   * How long the transaction may take with all its attempts, at most 5 min; it cannot commit any more after it. What it touched
   * is held that long if its process dies. Default `"10s"`.
   */
  readonly timeout?: Duration;
  /**
   * Names the transaction: of all with the same key, from whatever process, one commits, and the others resolve with what its
   * body returned, for 10 min after.
   */
  readonly idempotencyKey?: string;
}

/** An actor as a transaction holds it, as its owner says. */
export interface HeldActor {
  readonly address: string;
  readonly worker: string;
  readonly mode: HoldMode;
  /** Something of it changes with the commit. */
  readonly changes: boolean;
  /** Its turn in the transaction runs; otherwise it has answered, which is its vote for the commit. */
  readonly running: boolean;
  readonly heldMs: number;
  /** Transactions that wait for this one here, the oldest first; at most 20. */
  readonly waiting: readonly string[];
  /** Messages that wait until it is free. */
  readonly parked: number;
}

/** What is known of one attempt of a transaction. */
export interface TransactionDescription {
  /** `<key>:<attempt>` */
  readonly id: string;
  /**
   * - `running`: nothing is decided
   * - `committed`: decided, and not everybody has changed yet
   * - `aborted`: decided because somebody asked, and remembered until nobody can ask any more
   */
  readonly phase: "running" | "committed" | "aborted";
  readonly reason?: AbortReason;
  /** The transaction it gave way to. */
  readonly by?: string;
  /** An operator decided. */
  readonly forced: boolean;
  /** When its first attempt began, and when it cannot commit any more, in ms since 1970; absent: nobody there says so. */
  readonly since?: number;
  readonly until?: number;
  readonly held: readonly HeldActor[];
  /** Participants that have not said yet that they changed. */
  readonly open: readonly string[];
}

/** Transactions of the namespace that are not over everywhere, for callers in doubt and for operators. */
export interface TransactionAdmin {
  /**
   * Whether a transaction committed. `running`: nobody knows yet. `unknown`: nothing is known of it any more: it committed and
   * everybody changed, or it never came to its commit; its own process knows better for 10 min.
   */
  outcome(transaction: string): Promise<"committed" | "aborted" | "running" | "unknown">;
  /**
   * Those that hold an actor, whose participants have not all changed, or that operators decided of late; the oldest first. What
   * workers that give no answer hold is missing: `system.cluster.inspectTransactions()` names them.
   */
  list(): Promise<readonly TransactionDescription[]>;
  /** All that is known of one; `undefined`: nothing. */
  show(transaction: string): Promise<TransactionDescription | undefined>;
  /**
   * Decides instead of its caller, where nothing is decided yet; it does nothing when the same is decided. A commit needs to know
   * all participants, and that each has voted. It knows nothing of calls that the caller was still going to make.
   *
   * @throws ConflictError when the contrary is decided already, or a participant has not voted
   * @throws NotStartedError when some worker does not say what is held there; nothing was decided
   * @throws InvalidArgumentsError when nothing is known of it
   */
  resolve(transaction: string, outcome: "commit" | "abort"): Promise<void>;
}
