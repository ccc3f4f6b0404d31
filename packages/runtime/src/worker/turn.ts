import { AsyncLocalStorage } from "node:async_hooks";
import { type ActorError, type Destination, type Message, type Span, TurnEndedError } from "@actor-runtime/core";
import type { Bucket, Timed } from "../deadlines.js";
import type { LockHolder, TurnLock } from "../locks/lock-holder.js";
import { lockScope } from "../locks/lock-scope.js";
import { transactionScope } from "../transactions/transaction-scope.js";
import type { Activation, RunningTurn } from "./activation.js";
import type { TypeConcurrency } from "./concurrency.js";
import type { Inbound } from "./inbound.js";
import type { InstanceTimer } from "./instance-timer.js";
import type { Draft } from "./outbox.js";
import type { PartitionScope } from "./scope.js";
import { afterItsEnd, inQuery } from "./turn-refusals.js";
import type { TurnTransaction } from "./turn-transaction.js";

/** The turn whose code runs now. */
export const currentTurn = new AsyncLocalStorage<Turn | undefined>();

/**
 * Runs code as part of a turn, or of none. Within one process the message may come straight from somebody who holds a lock, or
 * runs a transaction, whose async context must not reach the actor: what its turn inherits of it travels in the message.
 */
export function enter<R>(turn: Turn | undefined, code: () => R): R {
  if (lockScope.getStore() !== undefined) return lockScope.run(undefined, () => enter(turn, code));
  if (transactionScope.getStore() !== undefined) return transactionScope.run(undefined, () => enter(turn, code));
  return currentTurn.run(turn, code);
}

/** Who runs turns. */
export interface TurnHost {
  readonly scope: PartitionScope;
  /** The turn is about to call somebody in its transaction, if it is part of one. */
  transact(turn: Turn): TurnTransaction | undefined;
  /** The turn ran out of its time. */
  timeout(turn: Turn): void;
  /** The turn ends here, whatever its code still does. */
  stop(turn: Turn, reason: ActorError): void;
}

/**
 * - `handler`: one at a time, its changes and tells commit.
 * - `query`: beside other queries, never beside a handler; changes nothing.
 * - `lifecycle`: `onActivate` and `onDeactivate`; no message, so it may ask but not tell.
 */
export type TurnKind = "handler" | "query" | "lifecycle";

/** One run of an actor's code. */
export class Turn implements RunningTurn, LockHolder {
  bucket: Bucket | undefined;
  earlier: Timed | undefined;
  later: Timed | undefined;
  readonly host: TurnHost;
  readonly activation: Activation;
  readonly inbound: Inbound | undefined;
  readonly kind: TurnKind;
  /** What its code runs in; `undefined`: nobody traces. */
  span: Span | undefined;
  tells: Draft[] | undefined;
  /** They start with its commit. */
  timers: InstanceTimer[] | undefined;
  /** Targets still being looked up; the turn ends after them. */
  lookups: Promise<void>[] | undefined;
  /** The last ask that waits to be sent. */
  sending: Promise<Destination> | undefined;
  /** How many asks it made: their position is part of their identity (delivery.md A.1). */
  asks = 0;
  /** It leaves its caller without an answer, which a later turn gives. */
  defers = false;
  /** Answers to calls that were deferred; they leave with the commit. */
  answers: { readonly to: string; readonly text: string }[] | undefined;
  /** The transaction it is part of. */
  transaction: TurnTransaction | undefined;
  /** Locks it took for itself and holds until its end. */
  locks: TurnLock[] | undefined;
  destroys = false;
  /** State that takes the place of the instance's; the instance goes. */
  replacement: string | undefined;
  deactivates = false;
  /** What its pending promise counts against; `undefined`: nothing. */
  place: TypeConcurrency | undefined;
  readonly #beganAt: number;
  #ended = false;
  /** Made when somebody looks at its signal, or it is aborted. */
  #controller: AbortController | undefined;

  constructor(host: TurnHost, activation: Activation, inbound: Inbound | undefined, kind: TurnKind, span?: Span) {
    this.host = host;
    this.activation = activation;
    this.inbound = inbound;
    this.kind = kind;
    this.span = span;
    this.#beganAt = inbound === undefined ? host.scope.services.ports.clock.monotonic() : -1;
  }

  get spans(): readonly Span[] {
    return [this, this.transaction?.commit, ...(this.tells ?? [])].flatMap((part) => part?.span ?? []);
  }

  /** Runs code as part of this turn, with all that it awaits. */
  run<R>(code: () => R): R {
    if (this.span === undefined) return enter(this, code);
    return this.span.run(() => enter(this, code));
  }

  due(): void {
    this.host.timeout(this);
  }

  get beganAt(): number {
    return this.inbound?.beganAt ?? this.#beganAt;
  }

  get ended(): boolean {
    return this.#ended;
  }

  get signal(): AbortSignal {
    return (this.#controller ??= new AbortController()).signal;
  }

  /** The name for logs and errors, `Account/alice.deposit`. */
  get what(): string {
    return `${this.activation.address}.${this.inbound?.message.handler ?? "lifecycle"}`;
  }

  /** Tells the handler that nobody waits for it any more; it may still end. */
  abort(reason: ActorError): void {
    (this.#controller ??= new AbortController()).abort(reason);
  }

  /** Ends it before its time: it leaves nothing but this error. */
  stop(reason: ActorError): void {
    this.host.stop(this, reason);
  }

  /** The message leaves with the commit. */
  tell(draft: Draft): void {
    if (this.tells) this.tells.push(draft);
    else this.tells = [draft];
  }

  /**
   * The locks its asks are made under: those its message came under, and those it took for itself.
   *
   * @throws LockLostError when it has lost one
   */
  get carriedLocks(): Message["locks"] {
    const inherited = this.inbound?.message.locks;
    if (this.locks === undefined) return inherited;
    const own = this.locks.filter(({ held }) => held);
    for (const lock of own) lock.check();
    const fences = own.flatMap(({ locks }) => locks.map(({ offer }) => [offer.name, offer.fence] as const));
    return fences.length === 0 ? inherited : [...fences, ...(inherited ?? [])];
  }

  hold(lock: TurnLock): void {
    this.locks = [...(this.locks ?? []).filter(({ held }) => held), lock];
  }

  end(): void {
    this.#ended = true;
    this.place?.ended();
    this.place = undefined;
    for (const lock of this.locks ?? []) lock.abandon(`${this.what} has ended`);
  }

  /** @throws TurnEndedError after its end, QueryEffectError in a query */
  checkEffect(effect: string): void {
    this.checkRunning(effect);
    if (this.kind === "query") throw inQuery(this.what, effect);
    if (this.kind === "lifecycle" && effect !== "ask") {
      throw new TurnEndedError(
        `${this.activation.address}: onActivate and onDeactivate may not ${effect}; do it in a handler`,
      );
    }
  }

  checkRunning(effect: string): void {
    if (this.#ended) throw afterItsEnd(this.what, effect);
  }
}
