import {
  type ActorError,
  DeadlockError,
  HandlerError,
  InvalidArgumentsError,
  type Message,
  NotStartedError,
  OverloadedError,
  QueryEffectError,
  type TransactionContext,
  TurnEndedError,
  TurnTimeoutError,
  UnknownOutcomeError,
} from "@actor-runtime/core";
import type { MethodDefinition, TransactionalMethod } from "../definition/actor-definition.js";
import { checkArguments } from "../definition/arguments.js";
import { unknownHandler } from "../definition/unknown-handler.js";
import { isSystemType } from "../system-handlers.js";
import { Joined } from "../transactions/joined.js";
import { attemptId, checkContext } from "../transactions/transaction-messages.js";
import type { Activation } from "./activation.js";
import { answerText } from "./answer-text.js";
import type { CommitGroup } from "./commit-group.js";
import { heal } from "./heal.js";
import type { Inbound } from "./inbound.js";
import { dropTells, leaveTells } from "./leave-tells.js";
import { LockFences } from "./lock-fences.js";
import { argumentsOf } from "./message-arguments.js";
import type { OwnTransactions } from "./own-transactions.js";
import type { Participants } from "./participants.js";
import { Queries } from "./queries.js";
import type { PartitionScope } from "./scope.js";
import { asActorError, type Settlement } from "./settlement.js";
import { checkStateSize, largeStateBytes } from "./state.js";
import { methodOf } from "./system-methods.js";
import { tentativeOf } from "./tentative.js";
import { Turn, type TurnHost } from "./turn.js";
import { notInTransaction, partOf, type TurnTransaction } from "./turn-transaction.js";
import { takePlace } from "./waits-for-limit.js";

/** Runs one message on its actor and gathers what it leaves behind. */
export class Turns implements TurnHost {
  readonly scope: PartitionScope;
  readonly #settlement: Settlement;
  readonly #participants: Participants;
  readonly #own: OwnTransactions;
  readonly #queries: Queries;
  readonly #fences: LockFences;

  constructor(scope: PartitionScope, settlement: Settlement, participants: Participants, own: OwnTransactions) {
    this.scope = scope;
    this.#settlement = settlement;
    this.#participants = participants;
    this.#own = own;
    this.#queries = new Queries(scope, settlement, participants);
    this.#fences = new LockFences(scope);
  }

  start(activation: Activation, inbound: Inbound): void {
    const method = methodOf(activation.hosted.definition, inbound.message);
    const kind = method?.kind ?? "handler";
    if (activation.suspect && activation.queries === undefined) heal(activation, this.scope.services.log);
    const { tracing, time } = this.scope.services;
    if (tracing.on) inbound.span = tracing.process(inbound, this.scope, time.now());
    const turn = new Turn(this, activation, inbound, kind, inbound.span);
    turn.transaction = this.#transactionOf(activation, inbound, method);
    if (kind === "query") this.#queries.begin(activation, turn);
    else activation.running = turn;
    const refusal = this.#refuse(activation, inbound, method) ?? unknownCalls(turn, method);
    if (refusal) {
      inbound.refused = true;
      this.#fail(turn, refusal);
    } else {
      this.#run(turn, method!);
    }
  }

  transact(turn: Turn): TurnTransaction | undefined {
    const { transaction } = turn;
    if (transaction?.own && transaction.holding === undefined) this.#own.begin(turn);
    return transaction;
  }

  /** Its actor is held from now on; for one of its own only once it calls somebody. */
  #transactionOf(
    activation: Activation,
    inbound: Inbound,
    method: MethodDefinition | undefined,
  ): TurnTransaction | undefined {
    const { message, withdrawn } = inbound;
    if (message.tx === undefined && method?.transaction === undefined) return undefined;
    // It passes whoever holds the actor, and must take nothing from him.
    if (withdrawn) return undefined;
    const part = partOf(activation.hosted.definition, method, message);
    if (part === "plain") return undefined;
    const own = part === "create";
    const context = own ? (inbound.begins ??= this.#newContext(message, method!.transaction!)) : message.tx!;
    const joined = new Joined(context);
    if (!own) inbound.joined = joined;
    const holding = own ? undefined : this.#participants.take(activation, context, inbound);
    return { context, id: context.id, joined, own, holding, commit: undefined };
  }

  /** Whoever waits for its answer waits no longer than its deadline. */
  #newContext(
    { deadline = Number.POSITIVE_INFINITY }: Message,
    { timeoutMs }: TransactionalMethod,
  ): TransactionContext {
    const { time, ports } = this.scope.services;
    const since = Math.floor(time.now());
    return { id: attemptId(ports.random.id(), "1"), since, until: Math.min(since + timeoutMs, deadline) };
  }

  timeout(turn: Turn): void {
    const { activation, inbound, what } = turn;
    const timeoutMs = methodOf(activation.hosted.definition, inbound!.message)?.timeoutMs;
    const error = new TurnTimeoutError(
      `${what} ran longer than ${timeoutMs} ms; raise its timeout, @Handler({ timeout }), or do long work outside the actor`,
    );
    this.stop(turn, error);
    this.scope.scheduler.pump(activation);
  }

  /** The turn leaves nothing, and what still runs of it touches nothing, for its instance is dropped. */
  stop(turn: Turn, reason: ActorError): void {
    turn.abort(reason);
    turn.activation.spoiled = true;
    this.#fail(turn, reason);
  }

  /** Why the message is not run at all. */
  #refuse(
    activation: Activation,
    { message, withdrawn }: Inbound,
    method: MethodDefinition | undefined,
  ): ActorError | undefined {
    const { definition } = activation.hosted;
    const what = `${message.to}.${message.handler}`;
    if (withdrawn) return new NotStartedError(`${what}: the caller withdrew the call before it began`);
    const unfit = unfitForTransaction(message, this.scope.services.time.now());
    if (unfit) return unfit;
    if (message.tx !== undefined && this.#holdsItself(activation, message.tx.id, method)) {
      return new DeadlockError([message.to, message.to]);
    }
    if (!method) return unknownHandler(definition, message.handler);
    const outside = notInTransaction(method, message);
    if (outside) return outside;
    if ((message.kind === "query" || message.tx?.reads) && method.kind !== "query") {
      return new QueryEffectError(`${definition.name}.${message.handler} is a handler; a query may only ask queries`);
    }
    // What the system asks of itself, for a lock first of all, is no work under the lock.
    if (message.locks !== undefined && !isSystemType(definition.name)) {
      const refusal = this.#fences.refuse(activation, message, message.locks);
      if (refusal) return refusal;
    }
    if (message.kind === "tell") return undefined;
    if (message.tx !== undefined && !activation.hold?.find(message.tx.id)?.recorded) {
      const { overload } = this.#participants;
      if (overload !== undefined) return overload;
    }
    const { limits, time } = this.scope.services;
    if (message.deadline !== undefined && time.now() > message.deadline + limits.clockToleranceMs) {
      return new NotStartedError(`${what}: the caller's time was over before it began`);
    }
    if (this.scope.commits.unavailable) {
      return new OverloadedError(`${message.to}: the store cannot take commits now`, "store", 1_000);
    }
    return undefined;
  }

  /** It would wait for the transaction that waits for it: it was called in one, and is part of none or of another. */
  #holdsItself({ hold }: Activation, id: string, method: MethodDefinition | undefined): boolean {
    if (hold?.find(id) === undefined || method === undefined) return false;
    return method.transaction?.mode === "create" || method.transaction?.mode === "suppress";
  }

  #run(turn: Turn, method: MethodDefinition): void {
    const { activation } = turn;
    const { services } = this.scope;
    services.watchdog?.running(activation.address);
    activation.hosted.metrics.began(turn.inbound!);
    let result: unknown;
    let thenable: boolean;
    try {
      const { message } = turn.inbound!;
      const mayRunAgain = message.kind === "tell" || message.id !== undefined || turn.transaction?.own === true;
      const args = argumentsOf(message, mayRunAgain);
      result = turn.run(() => checkAndInvoke(turn, method, args));
      thenable = isThenable(result);
    } catch (error) {
      this.#fail(turn, error);
      return;
    }
    if (!thenable) {
      this.#finish(turn, result);
      return;
    }
    services.timers.set(turn, method.timeoutMs);
    takePlace(turn);
    // Any object with a `then` is waited for, and this one makes a failure of it also when `then` itself throws.
    Promise.resolve(result).then(
      (value) => this.#later(turn, () => this.#finish(turn, value)),
      (error) => this.#later(turn, () => this.#failBesideOthers(turn, error)),
    );
  }

  /** What the handler started beside the part that failed may still run and assign state. */
  #failBesideOthers(turn: Turn, error: unknown): void {
    turn.activation.suspect = true;
    this.#fail(turn, error);
  }

  /** Ends a turn that was waited for, then starts whatever the actor can start next. */
  #later(turn: Turn, end: () => void): void {
    if (turn.ended || !this.scope.alive) return;
    end();
    this.scope.scheduler.pump(turn.activation);
  }

  /** The handler returned. Nothing of the turn leaves before its commit is known (P5). */
  #finish(turn: Turn, value: unknown): void {
    if (turn.lookups !== undefined) {
      this.#finishAfterLookups(turn, value, turn.lookups);
      return;
    }
    const joined = turn.transaction?.joined;
    if (joined?.outstanding) {
      // Its code does not wait for them any more, so a failure of theirs is one of the turn.
      joined.answered().then(
        () => this.#later(turn, () => this.#finish(turn, value)),
        (error) => this.#later(turn, () => this.#fail(turn, error)),
      );
      return;
    }
    try {
      if (turn.kind === "query") this.#queries.finish(turn, value);
      else this.#commit(turn, value);
    } catch (error) {
      this.#fail(turn, error);
    }
  }

  /** It told a type not seen before, whose mailbox is being looked up. */
  #finishAfterLookups(turn: Turn, value: unknown, lookups: readonly Promise<void>[]): void {
    turn.lookups = undefined;
    Promise.all(lookups).then(
      () => this.#later(turn, () => this.#finish(turn, value)),
      (error) => this.#later(turn, () => this.#fail(turn, error)),
    );
  }

  /** @throws when answer or state cannot be stored; then nothing was gathered yet */
  #commit(turn: Turn, value: unknown): void {
    const { activation } = turn;
    const inbound = turn.inbound!;
    for (const lock of turn.locks ?? []) if (lock.held) lock.check();
    if (turn.destroys) activation.reminders = undefined;
    else if (inbound.message.tick !== undefined) this.scope.ticks.advance(activation, inbound.message);
    if (!activation.declared && !turn.destroys && turn.replacement === undefined) this.scope.ticks.declare(activation);
    const wanted = value !== undefined && inbound.message.kind !== "tell";
    const valueText = wanted ? answerText(turn.what, value) : undefined;
    const text = turn.replacement ?? (turn.destroys ? activation.initial : this.#stateText(activation));
    if (turn.transaction?.holding !== undefined && this.#promise(turn, valueText, text)) return;
    this.#end(turn);
    const group = this.scope.commits.gathering;
    this.#saveState(turn, text, group);
    if (turn.tells !== undefined) leaveTells(this.scope, turn.tells, group);
    this.scope.services.brakes.succeeded(activation.hosted, inbound);
    if (!turn.defers) this.#settlement.answer(inbound, valueText, group);
    if (turn.answers !== undefined) group.replies.push(...turn.answers);
    this.#settlement.done(activation, inbound, group, "ok");
    this.#used(activation, inbound);
    for (const timer of turn.timers ?? []) timer.start();
    if (turn.deactivates || turn.destroys || turn.replacement !== undefined) this.scope.activations.leave(activation);
  }

  /**
   * What it did counts only if its transaction commits.
   *
   * @returns `false`: the transaction was its own, and nobody else took part
   * @throws TooLargeError when it is more than may be stored
   */
  #promise(turn: Turn, valueText: string | undefined, text: string): boolean {
    const { activation, inbound } = turn;
    const transaction = turn.transaction!;
    const { hold } = transaction.holding!;
    const tentative = tentativeOf(activation, turn, text);
    if (turn.timers !== undefined) hold.timers = [...(hold.timers ?? []), ...turn.timers];
    const { commits, services, activations } = this.scope;
    if (transaction.own) return this.#own.finish(turn, valueText, tentative);
    this.#end(turn);
    hold.tentative = tentative;
    // What the transaction destroyed is gone for its further calls, too.
    if (turn.destroys) activation.restore(text);
    services.brakes.succeeded(activation.hosted, inbound!);
    this.#participants.promise(activation, transaction, commits.gathering);
    this.#settlement.answer(inbound!, valueText, commits.gathering);
    this.#settlement.done(activation, inbound!, commits.gathering, "ok");
    activations.used(activation);
    return true;
  }

  /** O6: these bytes are what the commit writes, and what a later turn that fails goes back to. */
  #stateText(activation: Activation): string {
    const text = activation.textNow;
    if (text !== activation.text) checkStateSize(activation.address, text);
    return text;
  }

  #saveState({ activation, destroys, replacement }: Turn, text: string, group: CommitGroup): void {
    if (text === activation.text && !activation.unsaved && !destroys && replacement === undefined) return;
    const initial = text === activation.initial;
    const known = activation.stored || activation.seenLocks !== undefined;
    if (destroys) activation.seenLocks = undefined;
    if (text.length > largeStateBytes && activation.text.length <= largeStateBytes) {
      this.scope.services.log.warn(
        { actor: activation.address, bytes: text.length },
        "state is large: every turn that changes it writes it whole",
      );
    }
    activation.text = text;
    activation.stored = !initial;
    activation.unsaved = false;
    if (!initial || known) group.states.set(activation.address, activation.storedText);
    this.scope.ticks.save(activation, group);
  }

  /** The turn failed: it leaves nothing but its error (P4). */
  #fail(turn: Turn, thrown: unknown): void {
    if (turn.ended) return;
    this.#report(turn, asActorError(thrown));
    if (turn.kind === "query") {
      this.#queries.fail(turn, thrown);
      return;
    }
    const { activation, inbound, transaction } = turn;
    this.#end(turn);
    if (turn.tells !== undefined) dropTells(this.scope, turn.tells, thrown);
    activation.restore(activation.workingText);
    if (transaction?.own && transaction.holding !== undefined) {
      this.#own.failed(turn, thrown);
    } else {
      if (transaction !== undefined && !transaction.own) this.#participants.failed(turn, thrown);
      this.#settlement.failed(activation, inbound!, thrown);
    }
    this.#used(activation, inbound!);
    if (activation.spoiled) this.scope.activations.remake(activation);
  }

  /** Timers do not keep their instance in memory. */
  #used(activation: Activation, { timed }: Inbound): void {
    if (!timed) this.scope.activations.used(activation);
  }

  #end(turn: Turn): void {
    turn.end();
    turn.activation.hosted.metrics.ran(turn.inbound!);
    this.scope.services.timers.delete(turn);
    turn.activation.running = undefined;
  }

  /** A refusal is no fault; everything else is logged where it happened. */
  #report(turn: Turn, error: ActorError): void {
    const { log, time } = this.scope.services;
    const { handler } = turn.inbound!.message;
    const { ids } = turn.span ?? {};
    turn.activation.failed(error, time.now(), handler, ids?.trace_id);
    const fields = { actor: turn.activation.address, handler, code: error.code, ...ids };
    if (error instanceof HandlerError || error instanceof TurnTimeoutError) {
      log.error({ ...fields, err: error }, `${turn.what} failed: ${error.message}`);
    } else {
      log.debug(fields, `${turn.what} ended with ${error.name}: ${error.message}`);
    }
  }
}

/**
 * Its worker died while it may have been running in its caller's transaction. Whom it called then did what this run may not
 * ask for again, and would commit that with the rest: so this attempt cannot. One that reads has called for reads only, and one
 * that began its transaction is begun anew.
 */
function unknownCalls(
  { inbound, transaction, what }: Turn,
  method: MethodDefinition | undefined,
): ActorError | undefined {
  const joins = transaction !== undefined && !transaction.own;
  if (!joins || !inbound!.redelivered || method?.kind === "query") return undefined;
  return new UnknownOutcomeError(`${what}: it is not known what it called before its worker was lost`);
}

/** It says to be part of a transaction, and no sender of ours says so in this way. */
function unfitForTransaction({ to, handler, kind, tx }: Message, now: number): ActorError | undefined {
  if (tx === undefined) return undefined;
  if (kind !== "ask") {
    return new InvalidArgumentsError(`${to}.${handler}: in a transaction everything is asked, and this is a ${kind}`);
  }
  try {
    checkContext(tx, now);
    return undefined;
  } catch (error) {
    return asActorError(error);
  }
}

/** The check is code of the user's too, and part of the turn. */
function checkAndInvoke(turn: Turn, method: MethodDefinition, args: unknown[]): unknown {
  const checked = checkArguments(method, args);
  if (!(checked instanceof Promise)) return invoke(turn, method, checked);
  return checked.then((values) => {
    // It may have run out of its time meanwhile.
    if (turn.ended) throw new TurnEndedError(`${turn.what} ended before its arguments were checked`);
    return invoke(turn, method, values);
  });
}

function invoke({ activation }: Turn, { run }: MethodDefinition, args: unknown[]): unknown {
  return Reflect.apply(run, activation.instance!, args);
}

function isThenable(value: unknown): boolean {
  return typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function";
}
