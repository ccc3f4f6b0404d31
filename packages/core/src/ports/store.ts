import type { Mailbox, PartitionId } from "../model/partition.js";
import type { Destination } from "./broker.js";
import type { Lease } from "./leases.js";

/** State of one actor as text (`runtime/state`); `undefined` deletes it. */
export interface StateWrite {
  readonly address: string;
  readonly state: string | undefined;
}

/** What is known of a sender stream: `hwm[,from-to | ~from-to]*[,fin]` (delivery.md A.5); `undefined` forgets it. */
export interface RowWrite {
  readonly stream: string;
  readonly row: string | undefined;
}

/** The answer to an ask, kept until its sender has it or for the type's reply retention. */
export interface Answer {
  /** `answerKey(address, identity)`: identities are scoped to the actor asked. */
  readonly key: string;
  /** Hash of handler and arguments: the same identity with another fingerprint is a mismatch. */
  readonly fingerprint: string;
  /** How the ask ended (`valueOutcome`, `errorOutcome`). */
  readonly outcome: string;
}

/** A message kept in the store for an actor that cannot take it yet, as JSON text of a `StoredMessage`. */
export interface StoredWrite {
  readonly address: string;
  /** How many entries leave at the front, first of all. */
  readonly shift: number;
  /** Entries that come back to the front: a failed message with its next attempt. */
  readonly unshift: readonly string[];
  readonly push: readonly string[];
}

/** What transactions hold of one actor, as JSON text; `undefined`: nothing any more. */
export interface HoldWrite {
  readonly address: string;
  readonly hold: string | undefined;
}

/** A message that waits for its time; `undefined` removes it. */
export interface ReminderWrite {
  readonly id: string;
  readonly reminder: { readonly dueAt: number; readonly text: string } | undefined;
}

/** When the earliest reminder of an actor is due (ms since 1970); `undefined`: it has none. */
export interface DueWrite {
  readonly address: string;
  readonly dueAt: number | undefined;
}

/** A message that leaves with the commit. Its number was taken as max(last + 1, fence); `prev` is that last (S2). */
export interface OutboxEntry {
  readonly target: Destination;
  readonly number: number;
  readonly prev: number;
  /** JSON text of a `Message`, or of a `DeadLetter`. */
  readonly message: string;
}

/** One group of finished turns, written as a whole or not at all (delivery.md A.5). */
export interface CommitRecord {
  readonly fence: number;
  readonly nonce: string;
  /** The partition's commit number, dense. A number already known writes nothing; a gap means the store went back. */
  readonly seq: number;
  readonly states: readonly StateWrite[];
  readonly rows: readonly RowWrite[];
  readonly answers: readonly Answer[];
  /** Keys of answers whose senders have them. */
  readonly settled: readonly string[];
  /** Addresses of erased actors: all their kept answers go. */
  readonly erased: readonly string[];
  readonly stored: readonly StoredWrite[];
  readonly reminders: readonly ReminderWrite[];
  readonly out: readonly OutboxEntry[];
  /** Entries of a target up to this number are confirmed by the broker. */
  readonly outTrim: readonly { readonly target: Destination; readonly upTo: number }[];
  readonly holds: readonly HoldWrite[];
  /** The index of actors with reminders; the reminders themselves are part of their states. */
  readonly due: readonly DueWrite[];
  /** Attempt marks: `undefined` clears. */
  readonly marks: readonly { readonly identity: string; readonly mark: string | undefined }[];
  /** Streams opened up to this time are forgotten and refused as stale from now on. */
  readonly floor?: number;
  /** How long answers of this commit are kept, at least (ms). */
  readonly answerRetentionMs: number;
}

/**
 * - `committed`: all written. `already`: this number was written before, nothing done now.
 * - `fenced`: another fence or nonce, or the lease has run out: the partition is no longer ours.
 * - `rewound`: a gap or an older fence: the store lost writes it had acknowledged.
 *
 * StoreUnavailableError is thrown when the store cannot answer: send the same record again until the outcome is known.
 */
export type CommitOutcome = "committed" | "already" | "fenced" | "rewound";

/** All that a new owner needs before it consumes. */
export interface PartitionImage {
  /** Number of the last commit. */
  readonly seq: number;
  readonly rows: ReadonlyMap<string, string>;
  readonly floor: number;
  readonly stored: ReadonlyMap<string, readonly string[]>;
  readonly reminders: ReadonlyMap<string, { readonly dueAt: number; readonly text: string }>;
  /** Oldest first. */
  readonly outbox: readonly OutboxEntry[];
  /** Actors that transactions hold, by address. */
  readonly holds: ReadonlyMap<string, string>;
  /** Last number given per target. */
  readonly outNumbers: ReadonlyMap<Destination, number>;
  readonly marks: ReadonlyMap<string, string>;
  /** The store lost writes since the previous owner's tenure: holes pass at once (delivery.md T1, O2). */
  readonly rewound: boolean;
}

/** One record per namespace that ties broker and store together. */
export interface NamespaceRecord {
  readonly storeId: string;
  readonly generation: number;
  readonly wire: number;
  readonly mailboxes: Readonly<Record<string, { readonly partitions: number; readonly generation: number }>>;
  /** The mailbox of every type ever hosted, so that senders who know only a name find it. */
  readonly types: Readonly<Record<string, string>>;
  /** Every stateless type ever hosted, with how its calls are spread. */
  readonly pools: Readonly<Record<string, string>>;
  /** Types (`Account`) and addresses (`Account/alice`) whose turns an operator stopped. */
  readonly paused: readonly string[];
}

/** Durable state of partitions. Every method may throw StoreUnavailableError. */
export interface Store {
  /** Reads all that the holder of `lease` needs; call it after acquiring, never before (T1). */
  load(partition: PartitionId, lease: Lease): Promise<PartitionImage>;
  /** Checks first, then writes, as one step; see {@link CommitOutcome}. Idempotent by `seq`. */
  commit(partition: PartitionId, record: CommitRecord): Promise<CommitOutcome>;
  /** States in the order asked for; `undefined` where nothing is stored. */
  readStates(partition: PartitionId, addresses: readonly string[]): Promise<(string | undefined)[]>;
  /** Kept answers in the order asked for. */
  readAnswers(partition: PartitionId, keys: readonly string[]): Promise<(Answer | undefined)[]>;
  /** Actors with reminders that are due by `until` (ms since 1970, inclusive), earliest first, at most `limit`. */
  due(partition: PartitionId, until: number, limit: number): Promise<readonly { address: string; dueAt: number }[]>;
  /** Addresses with stored state that begin with `prefix` (`Account/al`), in no particular order. */
  list(partition: PartitionId, prefix: string): AsyncIterable<{ readonly address: string; readonly state: string }>;
  /** The namespace's record, made by the first caller. */
  namespace(): Promise<NamespaceRecord>;
  /**
   * Adds a mailbox to the record unless it is there, and lists its types under it. Returns the mailbox in effect: another
   * partition count wins if it came first.
   */
  registerMailbox(mailbox: Mailbox, types: readonly string[]): Promise<Mailbox>;
  /** Adds stateless types to the record, with how their calls are spread; the last word counts. */
  registerPools(pools: Readonly<Record<string, string>>): Promise<void>;
  /** Stops (`true`) or lets go the turns of a type or of one address; returns the record with it. */
  pause(target: string, paused: boolean): Promise<NamespaceRecord>;
  /** The store's content was replaced on purpose: raises the generation, so that every partition is taken over anew. */
  adopt(): Promise<NamespaceRecord>;
  /** The store's clock, in ms since 1970: the one that judges leases and the age of streams. */
  time(): Promise<number>;
  close(): Promise<void>;
}
