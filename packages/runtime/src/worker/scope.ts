import type { ActorError, Answer, Lease, Mailbox, Message, PartitionId, TraceHeaders } from "@actor-runtime/core";
import type { Activation, ActivationOwner, HostedType } from "./activation.js";
import type { CommitGroup } from "./commit-group.js";
import type { CommitLog } from "./commit-log.js";
import type { DelayedMessages } from "./delayed.js";
import type { Hold } from "./hold.js";
import type { Inbound, OpenDelivery } from "./inbound.js";
import type { KeptAnswers } from "./kept-answers.js";
import type { Marks } from "./marks.js";
import type { Outbox } from "./outbox.js";
import type { ReadBatch } from "./read-batch.js";
import type { WorkerServices } from "./services.js";
import type { StoredAddresses } from "./stored-addresses.js";
import type { Streams } from "./streams.js";

/** The live actors of a partition (`activations.ts`). */
export interface ActivationTable extends ActivationOwner, Iterable<Activation> {
  find(address: string): Activation | undefined;
  /** @param trace headers of the message that wakes it, if it sleeps */
  get(hosted: HostedType, address: string, trace?: TraceHeaders): Activation;
  /** A turn of it ended: it is the most recently used now. */
  used(activation: Activation): void;
  /** Drops the instance once its last turn is committed; messages that wait wake the next one from the stored state. */
  leave(activation: Activation): void;
  /** Drops the instance, which a timed-out turn may still hold, and makes a new one from the last finished state. */
  remake(activation: Activation): void;
}

/** What runs the turns of a partition (`scheduler.ts`). */
export interface TurnScheduler {
  /** Starts whatever the actor can start now. */
  pump(activation: Activation): void;
  /** An operator wants the actor erased. */
  erase(activation: Activation, inbound: Inbound): void;
  /**
   * Whether an actor may come to life for what waits first: it does, or it is held until somebody resumes it, or what
   * waited was dead for good and nothing is left.
   */
  admit(activation: Activation): "wake" | "hold" | "leave";
  /** The caller withdrew a call: it is not started, or its turn sees the signal. */
  cancel(activation: Activation | undefined, call: Message): void;
  /** Ends the queries of an actor, those that run and those that wait, and erasures: what else waits may be stored then. */
  refuseUnstorable(activation: Activation, reason: ActorError): void;
  /** What becomes of a message whose turn failed, or that could not even begin. */
  failed(activation: Activation, inbound: Inbound, thrown: unknown): void;
  /** A delivered message is not even given to its actor. */
  refused(inbound: Inbound, refusal: ActorError): void;
  /** A delivered message is in the store now, and waits there for its time. */
  stored(inbound: Inbound): void;
}

/** Messages for types of this mailbox that are hosted elsewhere (`foreign.ts`). */
export interface ForeignMessages {
  /** Of all that is stored. */
  readonly bytes: number;
  /** Was stored already when the partition was taken. */
  adopt(address: string, sizes: readonly number[]): void;
  /** Stores a message, in the order of these calls, or refuses it if its type does not belong here at all. */
  take(inbound: Inbound): void;
}

/** Actors that take part in transactions (`participants.ts`). */
export interface ParticipantTable {
  readonly holds: {
    /** What transactions hold of the actor. */
    find(address: string): Hold | undefined;
  };
  readonly waits: {
    /** What waited for the actor to come to life goes on. */
    resume(activation: Activation): void;
    /** Whether somebody waits for the actor to come to life. */
    awaits(activation: Activation): boolean;
  };
  /** The younger of those that hold the actor give way to the older that wait for it. */
  press(activation: Activation): void;
}

/**
 * Why a tick comes to no turn: its actor expects another one, it is too late for what its reminder wants, or its class does not
 * declare it any more.
 */
export type TickRefusal = "stale" | "skipped" | "undeclared";

/** What ticks of reminders find at their actors (`ticks.ts`). */
export interface TickTable {
  /** The same tick waits or runs already, or its actor is left alone. */
  drops(address: string, identity: string): boolean;
  /** Makes the tell of a tick that its record expects; `undefined`: it may run. */
  refusal(activation: Activation, inbound: Inbound): TickRefusal | undefined;
  /** Its turn ends well, or there will be none: the record goes on to the next tick. */
  advance(activation: Activation, message: Message): void;
  /** With the first turn of an actor come the reminders that its class declares. */
  declare(activation: Activation): void;
  /** As `advance`, for a tick that left nothing else behind: its record commits by itself. */
  pass(activation: Activation, inbound: Inbound, group: CommitGroup): void;
  /** The class does not declare its reminder any more, or otherwise. */
  redeclare(activation: Activation, group: CommitGroup): void;
  /** Alarms and index follow what this commit makes of the actor's reminders. */
  save(activation: Activation, group: CommitGroup): void;
  /** The tick ended its worker before its actor was awake. */
  shun(inbound: Inbound, group: CommitGroup): void;
}

/** Whom the messages of a partition are for (`recipients.ts`). */
export interface MessageRecipients {
  /** Puts a message into its actor's queue. */
  enqueue(inbound: Inbound): void;
}

/** The frames that a partition has taken (`deliveries.ts`). */
export interface DeliveredFrames {
  /** One message of a frame is settled without a commit of its own; the last one acks the frame (O9). */
  settle(open: OpenDelivery): void;
  /** Some delivery is held back, or none any more. */
  holding(held: boolean): void;
}

/** One owned partition as its parts see it; `tenure.ts` puts it together. */
export interface PartitionScope {
  readonly services: WorkerServices;
  readonly mailbox: Mailbox;
  readonly partition: PartitionId;
  readonly index: number;
  readonly commits: CommitLog;
  readonly streams: Streams;
  readonly keptAnswers: KeptAnswers;
  readonly outbox: Outbox;
  readonly activations: ActivationTable;
  /** Coordinators of transactions that have stored state. */
  readonly coordinators: StoredAddresses;
  readonly scheduler: TurnScheduler;
  readonly delayed: DelayedMessages;
  readonly answers: ReadBatch<string, Answer | undefined>;
  readonly marks: Marks;
  readonly foreign: ForeignMessages;
  readonly participants: ParticipantTable;
  readonly ticks: TickTable;
  readonly recipients: MessageRecipients;
  readonly deliveries: DeliveredFrames;
  /** Whether this tenure still counts. Everything asynchronous looks here before it goes on. */
  readonly alive: boolean;
  readonly lease: Lease;
  /** By the worker's own clock, which never believes a lease too long. */
  readonly leaseValid: boolean;
  /** The store lost writes since the last tenure: holes pass at once (delivery.md T1, O2). */
  readonly passesHoles: boolean;
  /** Of the span in which the partition was taken; `undefined`: nobody traces. */
  readonly takeover: TraceHeaders | undefined;
  /**
   * Something is not known to this build (O13).
   *
   * @returns whether the partition passes to a worker with a newer one: then it is left as it is
   */
  tooNew(reason: string): boolean;
  /** A worker with a newer build may serve the partition, too. */
  readonly outdated: boolean;
  /** The partition is lost: everything in memory goes (T5). */
  lose(reason: ActorError): void;
}
