import type { Duration, TraceHeaders, TraceIds } from "@actor-runtime/core";
import type { RefBy, Transaction } from "./client/ref-types.js";
import type { Cluster } from "./cluster.js";
import type { DeadLetters } from "./dead-letters.js";
import type { Balance } from "./definition/stateless-options.js";
import type { LockAdmin } from "./locks/lock-types.js";
import type { ReminderAdmin } from "./reminders/reminder-admin-types.js";
import type { TransactionAdmin, TransactionOptions } from "./transactions/transaction-types.js";

/** A type as the namespace knows it, wherever it is hosted. */
export interface NamedType {
  readonly name: string;
  readonly mailbox: string;
  readonly partitions: number;
  /** What operators paused of it: its name for all, or addresses. */
  readonly paused: readonly string[];
}

/** Stored actors, for operators and tests. */
export interface ActorAdmin {
  /** Every type that was ever hosted in this namespace, by name. */
  types(): Promise<readonly NamedType[]>;
  /** Actors of a type with stored state. `bytes` is the size of the stored text, `version` its schema version. */
  list(type: string, options?: { prefix?: string }): AsyncIterable<{ address: string; bytes: number; version: number }>;
  /** The committed state by field name, or `undefined` when nothing is stored. */
  read(address: string): Promise<Record<string, unknown> | undefined>;
  /** As {@link read}, with a version for {@link compareAndSet}. */
  load(address: string): Promise<{ state: Record<string, unknown> | undefined; version: string }>;
  /**
   * Sets an actor's state from outside, if it is still the one that was loaded: optimistic control for code that is no actor
   * (Kung and Robinson, 1981). Its place is in the mailbox, as that of any ask: it is done between turns, after what was sent
   * before it and before what is sent after it, and commits like a turn. The instance in memory goes, after `onDeactivate`; the
   * next message makes one of the new state. Messages that wait, reminders and kept answers stay.
   *
   * A paused or braked actor keeps it waiting, and so do a turn that runs and a message that is held for its next attempt, for
   * 30 s. An actor that cannot come to life fails it with its error. Only {@link erase} passes all these.
   *
   * The version stands for the state and not for how it came about: a state that went and came back has the same one. What locks
   * the actor was called under does not change it. Called in the body of a lock it is refused once that lock is lost.
   *
   * @param version as `load` or the last `compareAndSet` gave it
   * @param state all fields by their stored names, of the version of the class; one that is left out gets its initial value.
   *   `undefined`: all get it, and nothing is stored any more. At most 256 KiB, as every message
   * @returns the version of the new state
   * @throws ConflictError when the state is another one by now: load again, decide again; nothing was changed
   * @throws InvalidArgumentsError when the class has no such field, NotSendableError and TooLargeError as for calls
   * @throws StateVersionError when the stored state is newer than the class, and no worker with that class is there
   * @throws AskTimeoutError, UnknownOutcomeError when nobody knows: load to find out
   * @example
   * const { state, version } = await system.actors.load("Account/alice");
   * await system.actors.compareAndSet("Account/alice", version, { ...state, limit: 500 });
   */
  compareAndSet(
    address: string,
    version: string,
    state: Readonly<Record<string, unknown>> | undefined,
  ): Promise<string>;
  /**
   * Stops the turns of a type (`Account`) or of one actor (`Account/alice`) on all workers, within about a second; turns
   * that run already end. Messages wait and spend no attempt, callers run into their timeouts; queries wait too. A stateless
   * type can be paused as a whole.
   *
   * @returns all that is paused now
   * @throws UnknownTypeError when no worker of this namespace ever hosted the type
   * @throws InvalidAddressError when it names a stateless type with a key
   */
  pause(target: string): Promise<readonly string[]>;
  /** Undoes {@link pause}; what is not paused stays so. A paused type stops its actors whatever is said of each. */
  resume(target: string): Promise<readonly string[]>;
  /** Types and addresses that are paused. */
  paused(): Promise<readonly string[]>;
  /** Removes state, reminders, stored messages and kept answers; reports the dead letters that still name the actor. */
  erase(address: string): Promise<{ deadLetters: number }>;
}

/** One hosted type as `describe()` shows it; `paused` is what this process knows of. */
export interface TypeDescription extends NamedType {
  readonly handlers: readonly string[];
  readonly queries: readonly string[];
  /** Live instances in this process. */
  readonly activations: number;
  /** Its turns fail so often that this process lets only one try now and then. */
  readonly braked: boolean;
}

/** One hosted stateless type as `describe()` shows it. */
export interface PoolDescription {
  readonly name: string;
  readonly balance: Balance;
  /** Calls that this process runs at a time, at most. */
  readonly concurrency: number;
  readonly handlers: readonly string[];
  readonly queries: readonly string[];
  /** Calls that run in this process. */
  readonly running: number;
  /** Messages that wait in the memory of this process. */
  readonly waiting: number;
  /** How this process stands to its peers: `aside` for a while when it is much slower. */
  readonly standing: "normal" | "aside" | "probing";
  /** Operators paused it, as far as this process knows. */
  readonly paused: boolean;
}

export interface SystemDescription {
  readonly workerId: string;
  readonly namespace: string;
  /** Name of the broker adapter, for example `embedded`. */
  readonly transport: string;
  readonly state: "starting" | "running" | "draining" | "closed";
  readonly types: readonly TypeDescription[];
  /** Stateless types. */
  readonly pools: readonly PoolDescription[];
  /** Readiness, one line per check. */
  readonly checks: Readonly<Record<string, "ok" | string>>;
}

/** Options of one call without types, as HTTP and the command line make it. */
export interface UntypedCall {
  readonly address: string;
  readonly handler: string;
  readonly args: readonly unknown[];
  readonly timeout?: Duration;
  readonly signal?: AbortSignal;
  readonly idempotencyKey?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** The trace it is part of, as W3C headers of whoever wants the call; default: that of the running body, else a new one. */
  readonly parent?: TraceHeaders;
  /** Told the call's span at once, unless it is not traced. */
  readonly traced?: (span: TraceIds) => unknown;
}

export interface ActorSystem extends AsyncDisposable {
  /**
   * Makes a reference; nothing is sent. To an actor by class, `ref(Account, "alice")`; by a name listed in the interface `Actors`,
   * `ref("Account", "alice")`; or by any name with its type, `ref<Account>("Account", "alice")`. To a stateless type in the same
   * three ways without a key, `ref(Resize)`.
   *
   * @throws InvalidAddressError when the key is empty or over 256 UTF-8 bytes, missing for an actor, or given for a stateless
   * type; where only a name is known the call rejects with it
   */
  readonly ref: RefBy<Promise<void>>;
  /** Asks by name, for callers that know no class. */
  ask(call: UntypedCall): Promise<unknown>;
  /** Tells by name; resolves once the broker has the message. */
  tell(call: UntypedCall): Promise<void>;
  readonly actors: ActorAdmin;
  /** Messages that could not take effect. */
  readonly dead: DeadLetters;
  /** All workers of the namespace and what they own; a client sees the same as a worker. */
  readonly cluster: Cluster;
  /** Locks by name, for what no single actor owns: files, jobs, other people's services. */
  readonly locks: LockAdmin;
  /**
   * Runs calls to any number of actors so that all of them take effect or none, as if nothing else happened meanwhile: strict
   * serializability, reads included. Every actor called through `tx.ref` takes part, with those that it asks in turn, without
   * any code of its own; what it tells leaves with the commit. Others wait for an actor until the transaction ends, so keep it
   * short.
   *
   * The body runs again, as a whole, when it had to give way to an older transaction or the outcome of a call got lost, as long
   * as there is time: it should have no effects but through `tx`. The commit waits for calls that it did not await; one that fails
   * aborts the transaction.
   *
   * @returns what the body returned
   * @throws TransactionAbortedError: it left nothing on any actor. When the body threw, that is its `cause`
   * @throws TransactionInDoubtError when nobody answered whether it committed
   * @throws ConfigError
   * @example
   * await system.transaction(async (tx) => {
   *   await tx.ref(Account, "alice").withdraw(10);
   *   await tx.ref(Account, "bob").deposit(10);
   * });
   */
  transaction<R>(body: (tx: Transaction) => R | Promise<R>): Promise<R>;
  transaction<R>(options: TransactionOptions, body: (tx: Transaction) => R | Promise<R>): Promise<R>;
  /** Transactions that are not over everywhere, for operators and for callers in doubt. */
  readonly transactions: TransactionAdmin;
  /** Reminders of all actors, for operators; an actor sets its own by `self.reminders`. */
  readonly reminders: ReminderAdmin;
  describe(): SystemDescription;
  /** Stops taking new work, finishes running turns for up to `drainTimeout` (default 25 s), commits, gives everything back. */
  close(options?: { drainTimeout?: Duration }): Promise<void>;
}
