import {
  type ActorError,
  errorFromWire,
  maxMessageBytes,
  messageBytes,
  type Participation,
  retryDelayMs,
  TooLargeError,
  type TraceHeaders,
  TransactionAbortedError,
  type TransactionOutcome,
  type TransactionReply,
  UnknownOutcomeError,
} from "@actor-runtime/core";
import { commitSpan, tellEnd } from "../tracing/transaction-trace.js";
import { abortedError, mayComeRight } from "../transactions/aborted.js";
import {
  type CommitPath,
  type Conclusion,
  committedEnd,
  endByDecision,
  type TransactionEnd,
} from "../transactions/transaction-end.js";
import { attemptId, transactionKey } from "../transactions/transaction-messages.js";
import type { Activation } from "./activation.js";
import { storedText } from "./commit-group.js";
import type { Holding, OwnMessage, Tentative } from "./hold.js";
import type { Inbound } from "./inbound.js";
import type { OnePartitionCommit } from "./one-partition-commit.js";
import { giveAnswer } from "./outcomes.js";
import type { Participants } from "./participants.js";
import { gaveWay } from "./processing.js";
import type { PartitionScope } from "./scope.js";
import type { Settlement } from "./settlement.js";
import { asActorError } from "./thrown.js";
import type { Turn } from "./turn.js";

/** A coordinator that does not answer is asked again after this time (ms). */
const againMs = 500;
/** So long an answer of it is waited for. */
const commitTimeoutMs = 10_000;
const backoff = { firstMs: 5, maxMs: 200 };
const maxAttempts = 1_000;
/** Of those who take part; the rest of a message is for what else the coordinator is told. */
const maxMembersBytes = maxMessageBytes - 16 * 1024;

/**
 * Transactions that began with a turn of this partition: those of `@Transactional` handlers. The actor is a participant like
 * any other; its message is stored until the outcome, and the commit that applies it is also the end of the message. A new
 * owner that finds one has the coordinator decide against it, unless that has decided already, and runs the message again.
 */
export class OwnTransactions {
  readonly #scope: PartitionScope;
  readonly #settlement: Settlement;
  readonly #participants: Participants;
  readonly #here: OnePartitionCommit;
  /** Those that began in this tenure. */
  readonly #turns = new Map<Holding, Turn>();

  constructor(scope: PartitionScope, settlement: Settlement, participants: Participants, here: OnePartitionCommit) {
    this.#scope = scope;
    this.#settlement = settlement;
    this.#participants = participants;
    this.#here = here;
  }

  /** The partition is given up. */
  close(): void {
    for (const holding of [...this.#turns.keys()]) this.#forget(holding);
  }

  isOwn(holding: Holding): boolean {
    return holding.mode === "exclusive" && holding.hold.own !== undefined;
  }

  /**
   * The turn is about to call somebody: from here on it is a transaction. Its calls leave once this is committed, so that
   * nobody is left behind in it without anybody to ask.
   *
   * @throws OverloadedError when too many actors of the partition are held
   */
  begin(turn: Turn): void {
    const { activation } = turn;
    const inbound = turn.inbound!;
    const transaction = turn.transaction!;
    const { commits, services } = this.#scope;
    const { gathering } = commits;
    const { overload } = this.#participants.holds;
    if (overload !== undefined) throw overload;
    if (!inbound.isParked) {
      const text = storedText(inbound, inbound.asSent);
      this.#settlement.stored(inbound);
      gathering.parkFirst(activation, inbound, text);
    }
    const holding = this.#participants.holds.take(activation, transaction.context, inbound);
    // Who asked for the turn is told by its answer.
    holding.caller = undefined;
    holding.recorded = true;
    holding.hold.own = { identity: inbound.identity, finished: false };
    transaction.holding = holding;
    this.#turns.set(holding, turn);
    services.calls.transactions.set(holding.id, {
      context: holding,
      joined: (reply) => this.#told(holding, reply),
    });
    gathering.hold(activation.address, holding.hold.text);
    activation.lastSeq = gathering.seq;
    commits.commitSoon();
    services.timers.set(holding, Math.max(0, holding.until - services.time.now()));
    this.#participants.press(activation);
  }

  /**
   * Its code has returned. What it did is promised like that of any participant, then the coordinator decides.
   *
   * @returns `false`: nobody else took part, so it is a turn like any other
   * @throws what its transaction is doomed by, and TooLargeError when too many took part
   */
  finish(turn: Turn, answer: string | undefined, tentative: Tentative | undefined): boolean {
    const { activation } = turn;
    const { joined, holding, id, context } = turn.transaction!;
    if (joined.doomed !== undefined) throw errorFromWire(joined.doomed);
    if (joined.size === 0) {
      this.#forget(holding!);
      this.#participants.drop(activation, holding!, { kind: "committed" });
      return false;
    }
    const { hold } = holding!;
    const members = joined.members;
    const addresses = Object.keys(members);
    const here = addresses.every((address) => this.#participants.holds.find(address)?.find(id) !== undefined);
    if (!here) checkMembersFit(turn.what, members);
    hold.tentative = tentative;
    hold.own = { identity: turn.inbound!.identity, finished: true, answer };
    turn.end();
    this.#scope.services.timers.delete(turn);
    this.#committing(turn, addresses.length + 1, here ? "partition" : "coordinator");
    if (here) {
      this.#here.decide(id, context.until, [activation.address, ...addresses], traceOfCommit(turn), () => {});
      return true;
    }
    hold.own = { ...hold.own, members };
    const { commits } = this.#scope;
    commits.gathering.hold(activation.address, hold.text);
    activation.lastSeq = commits.gathering.seq;
    commits.commitSoon();
    commits.committed(activation.lastSeq).then(
      () => this.#commit(holding!, turn),
      // The next owner goes on.
      () => {},
    );
    return true;
  }

  /**
   * Its turn left nothing; neither must what it called. It may have given way while it ran, and what it read of one actor then
   * may not fit what it read of another: so what it made of that is no failure, and it is tried again.
   */
  failed(turn: Turn, thrown: unknown): void {
    const { activation } = turn;
    const { holding, joined, id, context } = turn.transaction!;
    const cause = causeOf(thrown, joined.doomed && errorFromWire(joined.doomed));
    if (cause !== undefined || joined.size === 0 || activation.spoiled || !holding!.inForce) {
      this.#failed(turn, thrown, cause);
      return;
    }
    // The actor takes no other message before it is known.
    activation.running = turn;
    const known = (overtaken?: TransactionAbortedError) => {
      if (!this.#scope.alive) return;
      activation.running = undefined;
      this.#failed(turn, thrown, holding!.inForce ? overtaken : abortedError(id, { reason: "conflict" }));
      this.#scope.scheduler.pump(activation);
    };
    this.#scope.services.transactions.inquire(id, context.until, undefined, traceOfTurn(turn)).then(
      (outcome) => known(outcome.kind === "aborted" ? abortedError(id, outcome) : undefined),
      () => known(),
    );
  }

  #failed(turn: Turn, thrown: unknown, cause: TransactionAbortedError | undefined): void {
    const { activation } = turn;
    const inbound = turn.inbound!;
    const { holding, joined, id, context } = turn.transaction!;
    const { transactions } = this.#scope.services;
    const trace = traceOfTurn(turn);
    this.#forget(holding!);
    // A call that still waits somewhere would hold its actor for nobody.
    for (const address of joined.called) transactions.abortHere(address, id, trace);
    const { reason, by } = cause ?? { reason: "rejected" as const };
    if (holding!.inForce) {
      this.#participants.drop(activation, holding!, { kind: "aborted", reason, by });
      // Who is not known to have taken part asks the coordinator, which must know then.
      const scattered = joined.outstanding || joined.doomed !== undefined;
      if (scattered) transactions.abort(id, "rejected", context.until, trace).catch(() => {});
    }
    if (this.#mayTryAgain(activation, inbound, cause)) return;
    this.#ended(holding!, { outcome: "aborted", reason });
    this.#settlement.failed(activation, inbound, cause ?? thrown);
  }

  /** Its time is over, or its coordinator is to be asked again. */
  due(holding: Holding): void {
    const turn = this.#turns.get(holding);
    if (turn === undefined) this.#recover(holding);
    else if (holding.hold.own!.finished) this.#commit(holding, turn);
    else this.#conclude(holding, { kind: "aborted", reason: "deadline" });
  }

  /** Found at takeover: whoever ran it is gone. */
  #recover(holding: Holding): void {
    const { transactions, timers, ports } = this.#scope.services;
    ports.telemetry.count("transaction.recoveries", 1);
    transactions.abort(holding.id, "lost", holding.until, holding.headers).then(
      (outcome) => this.#heard(holding, outcome),
      () => {
        if (this.#scope.alive && holding.inForce) timers.set(holding, againMs);
      },
    );
  }

  /** The outcome is part of the gathering commit; now its message ends, or runs again. */
  concluded(activation: Activation, holding: Holding, own: OwnMessage, conclusion: Conclusion): void {
    const turn = this.#turns.get(holding);
    this.#forget(holding);
    if (turn !== undefined && own.finished) {
      activation.running = undefined;
      this.#committed(turn, conclusion);
    }
    const inbound = turn?.inbound ?? activation.parked?.entries.find(({ identity }) => identity === own.identity);
    if (inbound === undefined) return;
    const { commits, services, activations } = this.#scope;
    if (conclusion.kind === "aborted") {
      // Where its code still ran, that was stopped, and failed.
      if (turn === undefined || !own.finished) return;
      const { joined, id } = turn.transaction!;
      const trace = traceOfTurn(turn);
      for (const address of Object.keys(joined.members)) services.transactions.abortHere(address, id, trace);
      const error = abortedError(id, conclusion);
      if (!this.#mayTryAgain(activation, inbound, error)) {
        this.#ended(holding, endByDecision(conclusion));
        this.#settlement.failed(activation, inbound, error);
      }
    } else if (own.finished) {
      const trace = turn === undefined ? holding.headers : traceOfCommit(turn);
      for (const [address, participation] of Object.entries(own.members ?? {})) {
        services.transactions.committed(address, holding.id, participation, trace);
      }
      services.brakes.succeeded(activation.hosted, inbound);
      this.#ended(holding, committedEnd);
      giveAnswer(this.#scope, inbound, own.answer, commits.gathering);
      this.#settlement.done(activation, inbound, commits.gathering, "ok");
    } else {
      const unknown = `an operator had ${holding.id} commit before ${inbound.message.to}.${inbound.message.handler} had ended`;
      this.#settlement.buried(activation, inbound, new UnknownOutcomeError(unknown));
    }
    activations.used(activation);
  }

  /** A participant heard from the coordinator that it cannot commit: its code is stopped, whatever it waits for. */
  #told(holding: Holding, { doomed }: TransactionReply): void {
    const error = doomed && errorFromWire(doomed);
    if (!(error instanceof TransactionAbortedError) || error.transaction !== holding.id) return;
    if (this.#turns.has(holding) && !holding.hold.own!.finished) {
      const { reason, by } = error;
      this.#conclude(holding, { kind: "aborted", reason, by });
    }
  }

  #forget(holding: Holding): void {
    this.#turns.delete(holding);
    this.#scope.services.calls.transactions.delete(holding.id);
  }

  #committing(turn: Turn, members: number, path: CommitPath): void {
    const { tracing } = this.#scope.services;
    const transaction = turn.transaction!;
    const span = tracing.on ? commitSpan(tracing, transaction.id, members, path, turn.span) : undefined;
    transaction.commit = { path, span };
  }

  /** Somebody decided; what that changes here commits now. */
  #committed({ transaction }: Turn, conclusion: Conclusion): void {
    const { services, partition, commits } = this.#scope;
    const { path, span } = transaction!.commit!;
    if (conclusion.kind === "committed") services.metrics.transactions.committed(path);
    if (!span?.recording) return;
    tellEnd(span, endByDecision(conclusion));
    commits.gathering.traced(services.tracing, partition, services.ports.clock).ends(span);
  }

  #ended({ since }: Holding, end: TransactionEnd): void {
    const { metrics, time } = this.#scope.services;
    metrics.transactions.ended(end, Math.max(0, time.now() - since));
  }

  #commit(holding: Holding, turn: Turn): void {
    if (!this.#scope.alive || !holding.inForce) return;
    const { transactions, timers } = this.#scope.services;
    const members = { ...turn.transaction!.joined.members, [turn.activation.address]: "write" } as const;
    const commit = { id: holding.id, members, until: holding.until };
    transactions.commit(commit, commitTimeoutMs, undefined, traceOfCommit(turn)).then(
      (outcome) => this.#heard(holding, outcome),
      // It may have committed: only the coordinator knows, or will.
      () => {
        if (this.#scope.alive && holding.inForce) timers.set(holding, againMs);
      },
    );
  }

  #heard(holding: Holding, outcome: TransactionOutcome): void {
    if (outcome.kind !== "pending") this.#conclude(holding, outcome);
  }

  #conclude(holding: Holding, conclusion: Conclusion): void {
    if (!this.#scope.alive || !holding.inForce) return;
    this.#participants.waits.whenSettled(holding.hold, (activation) => {
      if (holding.inForce) this.#participants.conclude(activation, holding, conclusion, true);
    });
  }

  #mayTryAgain(activation: Activation, inbound: Inbound, error: TransactionAbortedError | undefined): boolean {
    const context = inbound.begins;
    if (context === undefined || !mayComeRight(error?.reason)) return false;
    const { services } = this.#scope;
    const attempts = ++inbound.transactionAttempts;
    const delayMs = retryDelayMs(attempts, backoff, services.ports.random.next());
    if (attempts >= maxAttempts || services.time.now() + delayMs >= context.until) return false;
    inbound.begins = { ...context, id: attemptId(transactionKey(context.id), String(attempts + 1)) };
    inbound.restsUntil = services.ports.clock.monotonic() + delayMs;
    activation.await(inbound);
    gaveWay(inbound, delayMs);
    services.metrics.transactions.retried();
    return true;
  }
}

function traceOfTurn({ span, inbound }: Turn): TraceHeaders | undefined {
  return span?.headers ?? inbound!.message.trace;
}

function traceOfCommit(turn: Turn): TraceHeaders | undefined {
  return turn.transaction!.commit?.span?.headers ?? traceOfTurn(turn);
}

/** @throws TooLargeError when its coordinator could not be asked to commit */
function checkMembersFit(what: string, members: Readonly<Record<string, Participation>>): void {
  if (messageBytes(JSON.stringify(members)) <= maxMembersBytes) return;
  throw new TooLargeError(
    `${what}: ${Object.keys(members).length} actors take part in its transaction, which is more than one message can name`,
  );
}

/** Why it gave way, if it did. */
function causeOf(thrown: unknown, doomed: ActorError | undefined): TransactionAbortedError | undefined {
  const error = asActorError(thrown);
  if (error instanceof TransactionAbortedError) return error;
  return doomed instanceof TransactionAbortedError ? doomed : undefined;
}
