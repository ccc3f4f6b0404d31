import {
  type ActorError,
  type Answer,
  attributes,
  IdempotencyMismatchError,
  NotStartedError,
  retryDelayMs,
  StateVersionError,
} from "@actor-runtime/core";
import { keyGiven } from "../transactions/transaction-keys.js";
import type { Activation } from "./activation.js";
import type { CommitGroup } from "./commit-group.js";
import { type Ending, endingOf } from "./ending.js";
import { infrastructureWaitMs, isInfrastructure, mayRetry } from "./fault.js";
import { fingerprintOf } from "./fingerprint.js";
import { Inbound } from "./inbound.js";
import { giveError, giveOutcome } from "./outcomes.js";
import { ended, spanOf } from "./processing.js";
import type { PartitionScope, TickRefusal } from "./scope.js";
import { asActorError } from "./thrown.js";

/** A state newer than the class waits this long before another look, without spending an attempt. */
const versionWaitMs = 30_000;

/** How a message ends: with an answer, an error, another attempt or a dead letter, always as part of a commit (O10). */
export class Settlement {
  readonly #scope: PartitionScope;

  constructor(scope: PartitionScope) {
    this.#scope = scope;
  }

  /**
   * "This message is done" commits with everything else of its turn.
   *
   * @param error what its turn failed with, or why it has none
   */
  done(activation: Activation, inbound: Inbound, group: CommitGroup, ending: Ending, error?: ActorError): void {
    if (inbound.timed && !group.pressing) {
      // It left nothing, so there is nothing to wait for.
      ended(this.#scope, inbound, undefined, ending, error);
      return;
    }
    ended(this.#scope, inbound, group, ending, error);
    if (inbound.isParked) group.unpark(activation, inbound);
    else this.#apply(inbound, group);
    this.#forget(inbound, group);
    if (inbound.message.tick !== undefined) this.#ticked(activation, inbound, group, ending);
    activation.lastSeq = group.seq;
    this.#scope.commits.commitSoon();
  }

  /** A reminder goes on whatever became of its tick; one whose actor could not come to life is sent again. */
  #ticked(activation: Activation, inbound: Inbound, group: CommitGroup, ending: Ending): void {
    if (inbound.message.kind !== "tell") return;
    const outcome = ending === "ok" || ending === "retried" ? ending : "dead";
    group.tally.add(activation.hosted.metrics.ticks(outcome));
    if (outcome !== "retried") this.#scope.ticks.pass(activation, inbound, group);
  }

  /** A tick comes to no turn. */
  tickPassed(activation: Activation, inbound: Inbound, refusal: TickRefusal): void {
    const { gathering } = this.#scope.commits;
    activation.hosted.metrics.ticks(refusal === "skipped" ? "skipped" : "stale")(1);
    if (refusal === "skipped") this.#scope.ticks.pass(activation, inbound, gathering);
    else if (refusal === "undeclared") this.#scope.ticks.redeclare(activation, gathering);
    else if (inbound.delivery !== undefined && !this.#scope.marks.has(inbound)) {
      // Nothing of it is stored anywhere. If the commit that made it stale fails, its owner sends it again.
      this.#scope.deliveries.settle(inbound.delivery);
      return;
    }
    this.#over(inbound, gathering);
    activation.lastSeq = gathering.seq;
  }

  /** Word of a transaction is heard: it needs no turn. */
  heard(inbound: Inbound, group: CommitGroup): void {
    ended(this.#scope, inbound, group, "ok");
    this.#over(inbound, group);
  }

  /** A message is in the store now: a delayed one waits there for its time, one of a slow actor for its turn (O7). */
  stored(inbound: Inbound): void {
    this.#apply(inbound, this.#scope.commits.gathering);
    this.#scope.commits.commitSoon();
  }

  /** A message never comes to its turn: the sender gets the error, or there is a dead letter (P13). */
  refused(inbound: Inbound, refusal: ActorError): void {
    const { gathering } = this.#scope.commits;
    giveError(this.#scope, inbound, refusal, gathering);
    ended(this.#scope, inbound, gathering, "refused", refusal);
    this.#over(inbound, gathering);
  }

  /** What is stored for its actor goes: tells go with it, who asked gets the error. */
  erased({ hosted }: Activation, inbound: Inbound, group: CommitGroup): void {
    const { kind, to } = inbound.message;
    hosted.brake.passed(inbound);
    const erased = new NotStartedError(`${to} was erased before the message came to its turn`);
    ended(this.#scope, inbound, group, "refused", erased);
    if (kind === "ask") giveError(this.#scope, inbound, erased, group);
    this.#forget(inbound, group);
  }

  /** A message whose turn began is dead for good, whatever its handler or its retries say. */
  buried(activation: Activation, inbound: Inbound, cause: ActorError): void {
    const { gathering } = this.#scope.commits;
    activation.hosted.brake.passed(inbound);
    if (inbound.message.kind === "tick") this.#scope.ticks.shun(inbound, gathering);
    giveError(this.#scope, inbound, cause, gathering);
    this.done(activation, inbound, gathering, endingOf(cause, inbound.isTold), cause);
  }

  /** It comes to no turn, and is done with this commit wherever it was. */
  #over(inbound: Inbound, group: CommitGroup): void {
    this.#forget(inbound, group);
    if (inbound.isParked) group.unpark(this.#scope.activations.find(inbound.message.to)!, inbound);
    else this.#apply(inbound, group);
    this.#scope.commits.commitSoon();
  }

  /** The number of a delivery, or the record of a delayed message, is done with this commit. */
  #apply(inbound: Inbound, group: CommitGroup): void {
    const { delivery, stream, reminder, timed } = inbound;
    if (timed) return;
    if (reminder !== undefined) {
      this.#scope.delayed.remove(reminder, group);
      return;
    }
    if (stream !== undefined) {
      stream.apply(inbound.number);
      group.touch(stream);
    } else {
      // A query that could not run writes nothing, but its error leaves with a commit.
      group.mustWrite = true;
    }
    group.deliveries.push(delivery!);
  }

  /** Nothing is kept for the message's sake any more: it ended in this commit. */
  #forget(inbound: Inbound, group: CommitGroup): void {
    const { repeats } = inbound;
    if (repeats !== undefined) this.#scope.keptAnswers.repeatDone(repeats, group);
    this.#scope.marks.clear(inbound, group);
  }

  /** O5: the message was answered before; it gets the same answer, unless its key was used for something else. */
  answerAgain(activation: Activation, inbound: Inbound, { fingerprint, outcome }: Answer): void {
    const group = this.#scope.commits.gathering;
    const { message } = inbound;
    if (fingerprint === "" || fingerprint === fingerprintOf(message)) {
      giveOutcome(inbound, outcome, group);
      this.done(activation, inbound, group, "repeated");
      return;
    }
    const key = message.id && keyGiven(message.id, message.tx);
    const reason = `the idempotency key "${key}" was used before with another handler or other arguments`;
    const mismatch = new IdempotencyMismatchError(`${message.to}: ${reason}`);
    giveError(this.#scope, inbound, mismatch, group);
    this.done(activation, inbound, group, "refused", mismatch);
  }

  /** The turn failed, or could not begin: an ask gets the error, a tell another attempt or a dead letter (DESIGN.md 5). */
  failed(activation: Activation, inbound: Inbound, thrown: unknown): void {
    const group = this.#scope.commits.gathering;
    const error = asActorError(thrown);
    const { definition } = activation.hosted;
    const isTell = inbound.isTold;
    const attempts = inbound.attempts + 1;
    const braked = this.#scope.services.brakes.failed(activation.hosted, inbound, error);
    if (isTell && (braked || isInfrastructure(error))) {
      const delayMs = error instanceof StateVersionError ? versionWaitMs : infrastructureWaitMs;
      this.#retry(activation, inbound, inbound.attempts, delayMs, error);
    } else if (isTell && mayRetry(error) && attempts < definition.attempts) {
      const { limits, ports } = this.#scope.services;
      this.#retry(activation, inbound, attempts, retryDelayMs(attempts, limits.retry, ports.random.next()), error);
    } else {
      giveError(this.#scope, inbound, thrown, group);
      this.done(activation, inbound, group, inbound.refused ? "refused" : endingOf(error, isTell), error);
    }
  }

  #retry(activation: Activation, inbound: Inbound, attempts: number, delayMs: number, error: ActorError): void {
    const { message, identity, sentAt } = inbound;
    const group = this.#scope.commits.gathering;
    spanOf(this.#scope, inbound)?.event("retry scheduled", { [attributes.delay]: delayMs });
    const notBefore = Math.ceil(this.#scope.services.time.now() + delayMs);
    const again = Inbound.parked(message, { identity, attempts, notBefore, sentAt });
    this.done(activation, inbound, group, "retried", error);
    group.tally.add(activation.hosted.metrics.parked);
    const passes = activation.hosted.definition.whileRetrying === "pass";
    // With too many that let others pass this one has them wait, so that their number is bounded, too.
    if (!passes || this.#scope.delayed.keep(again, group) !== undefined) group.parkFirst(activation, again);
  }
}
