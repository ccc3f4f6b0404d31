import {
  type ActorError,
  type Answer,
  FatalMessageError,
  type Message,
  NotStartedError,
  UnknownOutcomeError,
} from "@actor-runtime/core";
import type { Activation } from "./activation.js";
import { lookUpEarlier, pendingAnswer } from "./earlier-answer.js";
import { Erasures } from "./erasures.js";
import type { Inbound } from "./inbound.js";
import { mayRun, messageOfHolder, nextMessage, withdrawOverdue } from "./next-message.js";
import type { OwnTransactions } from "./own-transactions.js";
import type { Participants } from "./participants.js";
import type { PartitionScope, TurnScheduler } from "./scope.js";
import type { Settlement } from "./settlement.js";
import { methodOf } from "./system-methods.js";
import { Turn } from "./turn.js";
import { Turns } from "./turns.js";
import { waitsForLimit } from "./waits-for-limit.js";

/** Decides what each actor of a partition does next: one turn at a time, queries side by side (P7). */
export class Scheduler implements TurnScheduler {
  readonly #scope: PartitionScope;
  readonly #settlement: Settlement;
  readonly #turns: Turns;
  readonly #erasures: Erasures;
  #draining = false;

  constructor(scope: PartitionScope, settlement: Settlement, participants: Participants, own: OwnTransactions) {
    this.#scope = scope;
    this.#settlement = settlement;
    this.#turns = new Turns(scope, settlement, participants, own);
    this.#erasures = new Erasures(scope, settlement);
  }

  /** Starts only messages that a running turn waits for, from here on (T4). */
  drain(): void {
    this.#draining = true;
  }

  pump(activation: Activation): void {
    if (activation.hold !== undefined) this.#scope.participants.waits.resume(activation);
    const { erasures } = activation;
    if (erasures !== undefined && activation.hold === undefined) {
      this.#erasures.eraseWhenIdle(activation, erasures);
      return;
    }
    const { time, limits } = this.#scope.services;
    if (activation.transactional !== undefined) withdrawOverdue(activation, time.now() - limits.clockToleranceMs);
    while (this.#scope.alive && activation.phase === "ready" && activation.running === undefined) {
      const inbound = this.#next(activation);
      if (inbound === undefined) break;
      if (inbound.message.tick !== undefined && this.#passes(activation, inbound)) continue;
      if (this.#waits(activation, inbound)) break;
      if (waitsForLimit(activation, inbound, this.#scope.marks)) break;
      if (this.#holds(activation, inbound)) break;
      // O5: a keyed or repeated message may have its answer already.
      const keys = inbound.message.kind === "query" ? [] : inbound.answerKeys();
      const answer = pendingAnswer(this.#scope, keys);
      if (answer) {
        this.#answerAgain(activation, inbound, answer);
      } else if (keys.length > 0 && inbound.earlier !== null) {
        this.#lookUp(activation, inbound, keys);
        break;
      } else {
        this.#start(activation, inbound);
      }
    }
    if (activation.transactional !== undefined) this.#scope.participants.press(activation);
  }

  /** The tick of a reminder that the actor does not expect, or that is not wanted so late, leaves without a turn. */
  #passes(activation: Activation, inbound: Inbound): boolean {
    const refusal = this.#scope.ticks.refusal(activation, inbound);
    if (refusal === undefined) return false;
    activation.take(inbound);
    this.#settlement.tickPassed(activation, inbound, refusal);
    return true;
  }

  /** What the actor does next; transactions that take part in it may have it wait, or pass others. */
  #next(activation: Activation): Inbound | undefined {
    if (activation.hold === undefined && activation.transactional === undefined) return activation.head;
    const { hold, head, erasures } = activation;
    // It passes all but whoever holds the actor, which would never end.
    if (erasures !== undefined) return messageOfHolder(activation);
    const waitsForItself = head?.message.tx !== undefined && hold?.find(head.message.tx.id) !== undefined;
    if (waitsForItself && !activation.transactional?.some(({ inbound }) => inbound === head)) return head;
    const next = nextMessage(activation);
    if (!next?.recovered) return next;
    // Another suspect that is older would wait for the one that runs alone, which waits for it.
    const alone = this.#scope.marks.alone(activation.address);
    return alone !== undefined && mayRun(activation, alone) ? alone : next;
  }

  erase(activation: Activation, inbound: Inbound): void {
    this.#erasures.want(activation, inbound);
  }

  admit(activation: Activation): "wake" | "hold" | "leave" {
    // Its transaction ends first; until then its message is not to blame for a crash, and may have committed.
    if (activation.hold?.own !== undefined) return "wake";
    let buried = false;
    for (;;) {
      const inbound = activation.head;
      // It would be marked as running from here on.
      if (inbound?.recovered && this.#waits(activation, inbound)) return "hold";
      if (this.#holds(activation, inbound)) return "hold";
      // Only what is convicted still needs a mark; its handler is not run, and neither is `onActivate` for it.
      if (inbound === undefined || !inbound.recovered) return inbound === undefined && buried ? "leave" : "wake";
      const keys = inbound.message.kind === "query" ? [] : inbound.answerKeys();
      const answer = pendingAnswer(this.#scope, keys) ?? inbound.earlier;
      if (answer) {
        this.#answerAgain(activation, inbound, answer);
      } else if (keys.length > 0 && inbound.earlier === undefined) {
        // What was done under its key before is no dead letter.
        lookUpEarlier(this.#scope, inbound, keys, () => activation.owner.resume(activation));
        return "hold";
      } else {
        this.#start(activation, inbound);
      }
      buried = true;
    }
  }

  cancel(activation: Activation | undefined, call: Message): void {
    if (!activation) return;
    const reason = new NotStartedError(`${activation.address}: the caller withdrew the call`);
    for (const turn of [activation.running, ...(activation.queries ?? [])]) {
      if (turn?.inbound && isSameCall(turn.inbound, call)) turn.abort(reason);
    }
    for (const waiting of [activation.parked?.entries, activation.queue]) {
      for (const inbound of waiting ?? []) if (isSameCall(inbound, call)) inbound.withdrawn = true;
    }
  }

  refuseUnstorable(activation: Activation, reason: ActorError): void {
    const { queue, queries, erasures } = activation;
    const unstorable = [...(erasures ?? []), ...(queue?.filter(({ message }) => message.kind === "query") ?? [])];
    activation.erasures = undefined;
    activation.queue = queue?.filter(({ message }) => message.kind !== "query");
    if (activation.queue?.length === 0) activation.queue = undefined;
    for (const inbound of unstorable) this.#settlement.refused(inbound, reason);
    for (const turn of queries ?? []) turn.stop(reason);
  }

  failed(activation: Activation, inbound: Inbound, thrown: unknown): void {
    this.#settlement.failed(activation, inbound, thrown);
  }

  refused(inbound: Inbound, refusal: ActorError): void {
    this.#settlement.refused(inbound, refusal);
  }

  stored(inbound: Inbound): void {
    this.#settlement.stored(inbound);
  }

  /** The first message must wait: for a handoff, for running queries, or for its time. */
  #waits(activation: Activation, inbound: Inbound): boolean {
    if (this.#draining && !inbound.message.chain?.length) return true;
    const { definition } = activation.hosted;
    const { handler, to } = inbound.message;
    const known = methodOf(definition, inbound.message) !== undefined;
    if (!known && this.#scope.tooNew(`${to} has no handler "${handler}" here`)) return true;
    if (activation.queries !== undefined) {
      // A stored message stays first until it is done, so one that is running would be taken again.
      if (activation.spoiled || inbound.isParked || !isQuery(activation, inbound)) return true;
    }
    if (inbound.notBefore === 0 && inbound.restsUntil === 0) return false;
    const { time, timers, ports } = this.#scope.services;
    const waitMs = Math.max(inbound.notBefore - time.now(), inbound.restsUntil - ports.clock.monotonic());
    if (waitMs <= 0) return false;
    timers.set(activation, waitMs);
    return true;
  }

  /** Its type is braked, or a message that was delivered before gets its attempt mark first. */
  #holds(activation: Activation, inbound: Inbound | undefined): boolean {
    // Late, for it may let the message through as the one that tries.
    if (activation.hosted.brake.on && this.#scope.services.brakes.holds(activation, inbound)) return true;
    if (inbound === undefined || !inbound.recovered) return false;
    const { marks } = this.#scope;
    // Only its actor's record says what a tick was meant to be, so one that is convicted wakes its actor to be buried.
    if (inbound.message.kind === "tick" ? marks.condemns(inbound) : marks.convicts(inbound)) return false;
    marks.mark(activation, inbound);
    return true;
  }

  /** Blocks the actor like a turn while the store is asked, so that its messages keep their order. */
  #lookUp(activation: Activation, inbound: Inbound, keys: readonly string[]): void {
    const turn = new Turn(this.#turns, activation, inbound, "lifecycle");
    activation.running = turn;
    lookUpEarlier(this.#scope, inbound, keys, (found) => {
      turn.end();
      activation.running = undefined;
      if (found) this.#answerAgain(activation, inbound, found);
      else if (this.#isForgotten(activation, inbound)) this.#refuseForgotten(activation, inbound);
      this.pump(activation);
    });
  }

  /**
   * It repeats an ask that is done, and whose answer is kept no more: its sender, who does not know the type, waits for longer.
   * What is stored stands for itself, be it a repeat or not, and a query may run again.
   */
  #isForgotten(activation: Activation, inbound: Inbound): boolean {
    const { repeats, message, publication } = inbound;
    if (repeats === undefined || message.of === publication || isQuery(activation, inbound)) return false;
    return this.#scope.streams.hasApplied(message.of!);
  }

  #refuseForgotten(activation: Activation, inbound: Inbound): void {
    activation.take(inbound);
    const { to, handler } = inbound.message;
    const unknown = new UnknownOutcomeError(`${to}.${handler} was done before, and its answer is kept no more`);
    this.#settlement.buried(activation, inbound, unknown);
  }

  #answerAgain(activation: Activation, inbound: Inbound, answer: Answer): void {
    activation.take(inbound);
    activation.hosted.brake.passed(inbound);
    this.#settlement.answerAgain(activation, inbound, answer);
  }

  #start(activation: Activation, inbound: Inbound): void {
    activation.take(inbound);
    if (this.#scope.marks.convicts(inbound)) this.#settlement.buried(activation, inbound, fatal(inbound));
    else this.#turns.start(activation, inbound);
  }
}

function isQuery(activation: Activation, { message }: Inbound): boolean {
  return activation.hosted.definition.methods.get(message.handler)?.kind === "query";
}

function isSameCall({ message }: Inbound, { call, replyTo }: Message): boolean {
  return message.call === call && message.replyTo === replyTo;
}

function fatal({ message: { to, handler } }: Inbound): FatalMessageError {
  return new FatalMessageError(`${to}.${handler} was the only suspect that ran when its worker died, twice`);
}
