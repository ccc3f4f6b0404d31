import type { Latency } from "@actor-runtime/core";
import type { PoolLoad } from "../pools/pool-load.js";
import type { HeldActor } from "../transactions/transaction-types.js";
import type { ActivationPhase } from "../worker/activation.js";
import type { LastError } from "../worker/last-error.js";

/** The beginning of a list that may be long, and how many more there are. */
export interface Limited<T> {
  readonly items: readonly T[];
  readonly more: number;
}

/** What actors have to do. */
export interface Load {
  /** How many are in memory. */
  readonly actors: number;
  /** Turns and queries that run. */
  readonly running: number;
  /** Messages that wait in the memory of their owner. What still lies in the broker is not among them. */
  readonly waiting: number;
  /** Messages stored behind a slow actor, or for another attempt. */
  readonly parked: number;
  /** Messages that are not due yet. */
  readonly delayed: number;
}

/** A type in one worker. */
export interface TypeLoad extends Load {
  readonly type: string;
  readonly mailbox: string;
  /** How long its turns and queries took in the last 30 to 60 s, without their commits; absent: none ended. */
  readonly latency?: Latency;
  /** What operators paused of it: its name for all, or addresses. */
  readonly paused: Limited<string>;
  /** Its turns fail so often that only one may try now and then. */
  readonly braked: boolean;
}

/** Actors of one type in one partition. */
export interface PartitionLoad extends Load {
  readonly partition: number;
}

/** A turn or query that runs. */
export interface TurnReport {
  readonly address: string;
  /** Also `onActivate` and `onDeactivate`. */
  readonly handler: string;
  readonly kind: "turn" | "query" | "lifecycle";
  readonly ageMs: number;
  /** Attempts that failed before; 0 = none. */
  readonly failedAttempts: number;
  /** Trace of its message, unless that is not traced. */
  readonly traceId?: string;
  /** The ask it has been waiting for longest. */
  readonly asks?: AskReport;
}

/** An ask or query whose answer is not there yet. */
export interface AskReport {
  readonly address: string;
  readonly handler: string;
  readonly ageMs: number;
  /** When it ends without an answer. */
  readonly timeoutInMs: number;
}

/**
 * What keeps an actor from getting on.
 *
 * - `ask`: its turn waits for another actor
 * - `commit`: what it did is on its way to the store, and its answers, tells and next asks wait for that; `storeAnswers` says
 *   whether the store takes commits now
 * - `retry`: its next message failed and is tried again at its time
 * - `pause`: operators paused it, or all of its type (`target`)
 * - `brake`: its type is braked, for its turns fail
 * - `state`: its state is being read
 * - `lookup`: whether its next message was answered before
 * - `mark`: its next message was there when a worker died, and gets an attempt mark before it runs
 * - `queries`: its next message waits for queries that run
 * - `transaction`: its next message waits for transactions that hold it: how many (`holders`), and the id of the one that has
 *   held it longest, for `sinceMs`
 * - `concurrency`: as many asynchronous turns run as may, of its type (`target`) or, with `target` absent, of the whole worker
 * - `handoff`: its partition is being given up, and only what running turns wait for still begins
 */
export type Obstacle =
  | ({ readonly kind: "ask" } & AskReport)
  | { readonly kind: "commit"; readonly storeAnswers: boolean }
  | { readonly kind: "retry"; readonly at: number; readonly inMs: number; readonly failedAttempts: number }
  | { readonly kind: "pause"; readonly target: string }
  | { readonly kind: "brake"; readonly target: string }
  | { readonly kind: "transaction"; readonly id: string; readonly holders: number; readonly sinceMs: number }
  | { readonly kind: "concurrency"; readonly target?: string; readonly running: number; readonly limit: number }
  | { readonly kind: "state" | "lookup" | "mark" | "queries" | "handoff" };

/** What a worker says of itself. */
export interface WorkerReport {
  readonly worker: string;
  /** In ms since 1970 by the store's clock. */
  readonly at: number;
  /** How many partitions it serves. */
  readonly partitions: number;
  readonly load: Load;
  /** Of all its types together. */
  readonly latency?: Latency;
  readonly types: Limited<TypeLoad>;
  /** What runs, the oldest first. */
  readonly turns: Limited<TurnReport>;
  /** Its stateless types; absent: an older worker. */
  readonly pools?: Limited<PoolLoad>;
}

/** What a worker says of a type that it hosts. */
export interface TypeReport {
  readonly worker: string;
  readonly at: number;
  readonly load: TypeLoad;
  /** Those it serves, whether or not any actor of the type is there. */
  readonly partitions: Limited<PartitionLoad>;
  readonly turns: Limited<TurnReport>;
}

/** What the owner of an actor says of it. */
export interface ActorReport {
  readonly worker: string;
  readonly at: number;
  /** `absent`: not in memory; a message would wake it. */
  readonly phase: ActivationPhase | "absent";
  readonly turn?: TurnReport;
  readonly queries: Limited<TurnReport>;
  /** Who waits for the answer of its turn: the first caller first, the one that asked this actor last. */
  readonly chain: Limited<string>;
  /** Why it does not get on; none: it does, or there is nothing to do. */
  readonly obstacles: Limited<Obstacle>;
  readonly waiting: number;
  readonly parked: number;
  readonly delayed: number;
  readonly lastError?: LastError;
}

/** An actor that a transaction holds; one that several read is there for each of them. */
export interface HoldReport extends Omit<HeldActor, "worker"> {
  /** `<key>:<attempt>` */
  readonly transaction: string;
  /** When its first attempt began, and when it cannot commit any more, in ms since 1970. */
  readonly since: number;
  readonly until: number;
}

/** What a worker says of the transactions that hold its actors. */
export interface TransactionsReport {
  readonly worker: string;
  readonly at: number;
  /** How many partitions it serves; of others it says nothing, whoever has their leases. */
  readonly partitions: number;
  /** The oldest transactions first. */
  readonly holds: Limited<HoldReport>;
}
