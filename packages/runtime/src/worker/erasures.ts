import type { Answer } from "@actor-runtime/core";
import type { Activation } from "./activation.js";
import { pendingAnswer } from "./earlier-answer.js";
import type { Inbound } from "./inbound.js";
import { giveAnswer } from "./outcomes.js";
import type { PartitionScope } from "./scope.js";
import type { Settlement } from "./settlement.js";

/** An operator's erasures pass everything that waits: state, stored and delayed messages and answers go in one commit. */
export class Erasures {
  readonly #scope: PartitionScope;
  readonly #settlement: Settlement;

  constructor(scope: PartitionScope, settlement: Settlement) {
    this.#scope = scope;
    this.#settlement = settlement;
  }

  want(activation: Activation, inbound: Inbound): void {
    const { message, repeats } = inbound;
    const waits = activation.erasures?.some(({ publication }) => publication === message.of);
    if (repeats === undefined || waits) {
      this.#add(activation, inbound);
      return;
    }
    // S8: what it repeats is done, if it ever came; it must not erase what came since.
    const looked = (answer: Answer | undefined) => {
      if (!this.#scope.alive) return;
      const now = this.#scope.activations.get(activation.hosted, activation.address, message.trace);
      if (answer) this.#settlement.answerAgain(now, inbound, answer);
      else this.#add(now, inbound);
    };
    const answer = pendingAnswer(this.#scope, [repeats]);
    if (answer) looked(answer);
    else this.#scope.answers.get(repeats, looked);
  }

  #add(activation: Activation, inbound: Inbound): void {
    if (activation.erasures) activation.erasures.push(inbound);
    else activation.erasures = [inbound];
    this.#scope.scheduler.pump(activation);
  }

  /** It needs no instance, so it may also be the cure of an actor that cannot come to life. */
  eraseWhenIdle(activation: Activation, wanted: readonly Inbound[]): void {
    const { phase, running, queries } = activation;
    const idle = running === undefined && queries === undefined && activation.hold === undefined;
    const settled = phase === "ready" || phase === "failed" || phase === "held";
    if (this.#scope.alive && idle && settled) this.#erase(activation, wanted);
  }

  #erase(activation: Activation, wanted: readonly Inbound[]): void {
    const group = this.#scope.commits.gathering;
    const { address } = activation;
    activation.erasures = undefined;
    if (activation.stored || activation.seenLocks !== undefined) group.states.set(address, undefined);
    activation.stored = false;
    activation.seenLocks = undefined;
    activation.reminders = undefined;
    this.#scope.ticks.save(activation, group);
    group.due(address, undefined);
    group.forgetAnswers(address);
    const delayed = this.#scope.delayed.removeAll(address, group);
    for (const inbound of [...(activation.parked?.entries ?? []), ...delayed]) {
      // A call in a transaction does not wait for the actor any more.
      activation.take(inbound);
      this.#settlement.erased(activation, inbound, group);
    }
    group.clearParked(activation);
    for (const inbound of wanted) {
      giveAnswer(this.#scope, inbound, undefined, group);
      this.#settlement.done(activation, inbound, group, "ok");
    }
    this.#scope.activations.leave(activation);
  }
}
