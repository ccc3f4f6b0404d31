import { type ActorError, TurnTimeoutError } from "@actor-runtime/core";
import type { MethodDefinition } from "../definition/actor-definition.js";
import type { Activation } from "./activation.js";
import { Admission } from "./admission.js";
import { HandlerTurns } from "./handler-turns.js";
import { heal } from "./heal.js";
import type { Inbound } from "./inbound.js";
import { invoke } from "./invocation.js";
import { argumentsOf } from "./message-arguments.js";
import type { OwnTransactions } from "./own-transactions.js";
import type { Participants } from "./participants.js";
import { Queries } from "./queries.js";
import type { PartitionScope } from "./scope.js";
import type { Settlement } from "./settlement.js";
import { methodOf } from "./system-methods.js";
import { asActorError } from "./thrown.js";
import { transactionOf } from "./transaction-of.js";
import { Turn, type TurnHost } from "./turn.js";
import { logFailure } from "./turn-failure.js";
import type { TurnTransaction } from "./turn-transaction.js";
import { takePlace } from "./waits-for-limit.js";

/** Runs messages on their actors, each from its turn's beginning to its end. */
export class Turns implements TurnHost {
  readonly scope: PartitionScope;
  readonly #participants: Participants;
  readonly #own: OwnTransactions;
  readonly #admission: Admission;
  readonly #handlers: HandlerTurns;
  readonly #queries: Queries;

  constructor(scope: PartitionScope, settlement: Settlement, participants: Participants, own: OwnTransactions) {
    this.scope = scope;
    this.#participants = participants;
    this.#own = own;
    this.#admission = new Admission(scope, participants);
    this.#handlers = new HandlerTurns(scope, settlement, participants, own);
    this.#queries = new Queries(scope, settlement, participants);
  }

  start(activation: Activation, inbound: Inbound): void {
    const method = methodOf(activation.hosted.definition, inbound.message);
    const kind = method?.kind ?? "handler";
    if (activation.suspect && activation.queries === undefined) heal(activation, this.scope.services.log);
    const { tracing, time } = this.scope.services;
    if (tracing.on) inbound.span = tracing.process(inbound, this.scope, time.now());
    const turn = new Turn(this, activation, inbound, kind, inbound.span);
    turn.transaction = transactionOf(turn, method, this.#participants.holds);
    if (kind === "query") this.#queries.begin(activation, turn);
    else activation.running = turn;
    const refusal = this.#admission.refusal(turn, method);
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
      result = turn.run(() => invoke(turn, method, activation.instance!, args));
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
    const unfinished = unfinishedPart(turn);
    if (unfinished !== undefined) {
      unfinished.then(
        () => this.#later(turn, () => this.#finish(turn, value)),
        (error) => this.#later(turn, () => this.#fail(turn, error)),
      );
      return;
    }
    try {
      if (turn.kind === "query") this.#queries.finish(turn, value);
      else this.#handlers.finish(turn, value);
    } catch (error) {
      this.#fail(turn, error);
    }
  }

  #fail(turn: Turn, thrown: unknown): void {
    if (turn.ended) return;
    this.#report(turn, asActorError(thrown));
    if (turn.kind === "query") this.#queries.fail(turn, thrown);
    else this.#handlers.fail(turn, thrown);
  }

  #report(turn: Turn, error: ActorError): void {
    const { activation, inbound, span } = turn;
    const { log, time } = this.scope.services;
    activation.failed(error, time.now(), inbound!.message.handler, span?.ids?.trace_id);
    logFailure(log, turn, activation.address, error);
  }
}

/** What the code of the turn does not wait for: mailboxes of types it told, and then calls in its transaction. */
function unfinishedPart(turn: Turn): Promise<unknown> | undefined {
  const { lookups, transaction } = turn;
  if (lookups === undefined) return transaction?.joined.outstanding ? transaction.joined.answered() : undefined;
  turn.lookups = undefined;
  return Promise.all(lookups);
}

function isThenable(value: unknown): boolean {
  return typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function";
}
