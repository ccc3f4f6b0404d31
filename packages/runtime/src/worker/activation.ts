import { type ActorError, NotStartedError, RejectedError, type Span } from "@actor-runtime/core";
import type { Bucket, Timed } from "../deadlines.js";
import type { ActorDefinition } from "../definition/actor-definition.js";
import type { TypeMetrics } from "../metrics/type-metrics.js";
import type { ActorBounds } from "../options.js";
import { TypeBrake } from "./brake.js";
import type { TypeConcurrency } from "./concurrency.js";
import type { Hold } from "./hold.js";
import type { Inbound, Parked } from "./inbound.js";
import type { InstanceTimer } from "./instance-timer.js";
import { type LastError, lastErrorOf } from "./last-error.js";
import { ReminderList } from "./reminder-list.js";
import type { SeenLocks } from "./seen-locks.js";
import { encodeState, restoreState, type StoredField, storedForm } from "./state.js";
import { holdModeOf, partOf, type Transactional } from "./turn-transaction.js";

/** A hosted type: its definition and what all its activations share. */
export class HostedType {
  readonly definition: ActorDefinition;
  /** Known once the first instance is made. */
  fields: readonly StoredField[] = [];
  /** Text of the latest initial state; activations share it instead of holding equal copies. */
  initial = "";
  activations = 0;
  readonly brake: TypeBrake;
  readonly metrics: TypeMetrics;
  readonly bounds: ActorBounds;
  /** Its asynchronous turns, and the actors that wait for one to end. */
  readonly concurrency: TypeConcurrency;

  constructor(
    definition: ActorDefinition,
    metrics: TypeMetrics,
    { bounds, concurrency }: Pick<HostedType, "bounds" | "concurrency">,
  ) {
    this.definition = definition;
    this.metrics = metrics;
    this.bounds = bounds;
    this.concurrency = concurrency;
    this.brake = new TypeBrake(definition.name);
  }
}

/** A turn as its actor sees it (`turn.ts`). */
export interface RunningTurn extends Timed {
  readonly inbound: Inbound | undefined;
  /** The transaction it is part of. */
  readonly transaction: { readonly id: string } | undefined;
  /** What its code runs in; `undefined`: nobody traces. */
  readonly span: Span | undefined;
  /** Its own, and those of what it told so far. */
  readonly spans: readonly Span[];
  readonly kind: "handler" | "query" | "lifecycle";
  /** In ms by the clock's `monotonic()`; negative: not begun, it is looked up whether its message was answered before. */
  readonly beganAt: number;
  /** The last ask that waits to be sent. */
  readonly sending: Promise<unknown> | undefined;
  abort(reason: ActorError): void;
  stop(reason: ActorError): void;
  end(): void;
}

/** Who looks after an activation: the table of its partition. */
export interface ActivationOwner {
  /** Drops it from memory if it is idle and everything of it is committed. */
  deactivate(activation: Activation): boolean;
  /** The time its first message waited for has come, or its type's brake may let it go on. */
  resume(activation: Activation): void;
}

/**
 * - `loading`: its state is being read, or the instance is being made
 * - `held`: its type is braked, so not even its constructor runs
 * - `ready`: takes turns
 * - `failed`: it could not come to life; the next message that waits tries again at its time
 * - `leaving`: `onDeactivate` runs; messages wait for the next activation
 */
export type ActivationPhase = "loading" | "held" | "ready" | "failed" | "leaving";

/** A live actor. Kept small, since there may be hundreds of thousands of them; the lists are made when needed. */
export class Activation implements Timed {
  bucket: Bucket | undefined;
  earlier: Timed | undefined;
  later: Timed | undefined;
  readonly owner: ActivationOwner;
  readonly hosted: HostedType;
  readonly address: string;
  phase: ActivationPhase = "loading";
  instance: object | undefined;
  /** State after the last finished turn: what the commit writes and what a failing turn goes back to (O6). */
  text = "";
  /** State of a fresh instance; equal state is not stored. */
  initial = "";
  /** State is stored, or will be with the commit under way. */
  stored = false;
  /** `text` differs from what is stored although no turn changed it: migrated, or set in `onActivate`. */
  unsaved = false;
  /** State may have been changed outside a handler's turn: by a query, or by code left running by a turn that failed. */
  suspect = false;
  /** Code of a turn that timed out may still touch the instance: it is made anew. */
  spoiled = false;
  /** The commit that holds its last finished turn. */
  lastSeq = 0;
  running: RunningTurn | undefined;
  queries: Set<RunningTurn> | undefined;
  /** One of the running queries assigned a durable field: all of them fail, for they may have read it. */
  queriesSpoiled = false;
  /** Values of the durable fields when the first of the running queries began. */
  queryBase: unknown[] | undefined;
  queue: Inbound[] | undefined;
  parked: Parked | undefined;
  /** Operators want it erased. */
  erasures: Inbound[] | undefined;
  lastError: LastError | undefined;
  /** What it has seen of locks; stored with its state. */
  seenLocks: SeenLocks | undefined;
  /** As its turns see them. */
  reminders: ReminderList | undefined;
  /** They are those that its class declares, as far as it does. */
  declared = false;
  /** Those of `text`. */
  savedReminders: ReminderList | undefined;
  /** Of its instance, as far as they have started. */
  timers: Set<InstanceTimer> | undefined;
  /** What transactions hold of it. */
  hold: Hold | undefined;
  /** Those of its waiting messages that are part of transactions. */
  transactional: Transactional[] | undefined;

  // The list of all activations of the worker, least recently used first; times in seconds.
  usedAt = 0;
  older: Activation | undefined;
  newer: Activation | undefined;

  constructor(owner: ActivationOwner, hosted: HostedType, address: string) {
    this.owner = owner;
    this.hosted = hosted;
    this.address = address;
  }

  due(): void {
    this.owner.resume(this);
  }

  /** What is stored of it after its last finished turn; `undefined`: nothing. */
  get storedText(): string | undefined {
    const { text, initial, seenLocks, hosted } = this;
    return storedForm(hosted.definition.version, text === initial ? undefined : text, seenLocks);
  }

  /** The text of the state that its instance has now. */
  get textNow(): string {
    const { hosted, instance, reminders } = this;
    return encodeState(hosted.definition.version, hosted.fields, instance!, reminders);
  }

  /** It goes back to what one of its texts says; an instance that is dropped stays as it is. */
  restore(text: string): void {
    if (!this.spoiled) restoreState(this.hosted.fields, this.instance!, text);
    this.reminders = text === this.text ? this.savedReminders : ReminderList.in(text);
    this.declared = false;
  }

  /** Its state as its turns see it: tentative, while a transaction that changed it holds it. */
  get workingText(): string {
    return this.hold?.tentative?.text ?? this.text;
  }

  get key(): string {
    return this.address.slice(this.hosted.definition.name.length + 1);
  }

  get waiting(): number {
    return (this.queue?.length ?? 0) + (this.parked?.entries.length ?? 0);
  }

  /** Nothing runs and nothing waits. */
  get idle(): boolean {
    return (
      this.running === undefined &&
      this.queries === undefined &&
      this.erasures === undefined &&
      this.hold === undefined &&
      this.waiting === 0
    );
  }

  /** Remembers an error for operators, unless it says nothing about the actor: it refused, or nothing began. */
  failed(error: ActorError, at: number, handler?: string, traceId?: string): void {
    if (error instanceof RejectedError || error instanceof NotStartedError) return;
    this.lastError = lastErrorOf(error, at, handler, traceId);
  }

  enqueue(inbound: Inbound): void {
    if (this.queue) this.queue.push(inbound);
    else this.queue = [inbound];
    if (inbound.message.tx !== undefined) this.await(inbound);
  }

  /** A message waits that may be part of a transaction. */
  await(inbound: Inbound): void {
    const { message } = inbound;
    const { definition } = this.hosted;
    const context = inbound.begins ?? message.tx;
    if (context === undefined) return;
    const joins = partOf(definition, definition.methods.get(message.handler), message) === "join";
    if (!joins && inbound.begins === undefined) return;
    const { id, since } = context;
    this.transactional ??= [];
    this.transactional.push({ inbound, id, since, mode: holdModeOf(definition, message) });
  }

  /** Takes the message off what waits in memory; a stored one stays on its list until its turn ends. */
  take(inbound: Inbound): void {
    const { queue } = this;
    if (!inbound.isParked && queue !== undefined) {
      if (queue[0] === inbound) queue.shift();
      else queue.splice(queue.indexOf(inbound), 1);
      if (queue.length === 0) this.queue = undefined;
    }
    if (this.transactional === undefined) return;
    const left = this.transactional.filter((waiting) => waiting.inbound !== inbound);
    this.transactional = left.length === 0 ? undefined : left;
  }

  /** The next message: stored ones first. */
  get head(): Inbound | undefined {
    return this.parked?.entries[0] ?? this.queue?.[0];
  }
}
