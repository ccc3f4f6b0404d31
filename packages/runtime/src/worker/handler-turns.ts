import type { Activation } from "./activation.js";
import { answerText } from "./answer-text.js";
import type { CommitGroup } from "./commit-group.js";
import type { Inbound } from "./inbound.js";
import { dropTells, leaveTells } from "./leave-tells.js";
import { giveAnswer } from "./outcomes.js";
import type { OwnTransactions } from "./own-transactions.js";
import type { Participants } from "./participants.js";
import type { PartitionScope } from "./scope.js";
import type { Settlement } from "./settlement.js";
import { checkStateSize, largeStateBytes } from "./state.js";
import { tentativeOf } from "./tentative.js";
import type { Turn } from "./turn.js";

/** Handlers run one at a time, and what a turn of one leaves commits together, or not at all (P4). */
export class HandlerTurns {
  readonly #scope: PartitionScope;
  readonly #settlement: Settlement;
  readonly #participants: Participants;
  readonly #own: OwnTransactions;

  constructor(scope: PartitionScope, settlement: Settlement, participants: Participants, own: OwnTransactions) {
    this.#scope = scope;
    this.#settlement = settlement;
    this.#participants = participants;
    this.#own = own;
  }

  /** @throws when answer or state cannot be stored; then nothing was gathered yet */
  finish(turn: Turn, value: unknown): void {
    const { activation } = turn;
    const inbound = turn.inbound!;
    for (const lock of turn.locks ?? []) if (lock.held) lock.check();
    if (turn.destroys) activation.reminders = undefined;
    else if (inbound.message.tick !== undefined) this.#scope.ticks.advance(activation, inbound.message);
    if (!activation.declared && !turn.destroys && turn.replacement === undefined) this.#scope.ticks.declare(activation);
    const wanted = value !== undefined && inbound.message.kind !== "tell";
    const valueText = wanted ? answerText(turn.what, value) : undefined;
    const text = turn.replacement ?? (turn.destroys ? activation.initial : this.#stateText(activation));
    if (turn.transaction?.holding !== undefined && this.#promise(turn, valueText, text)) return;
    this.#end(turn);
    const group = this.#scope.commits.gathering;
    this.#saveState(turn, text, group);
    if (turn.tells !== undefined) leaveTells(this.#scope, turn.tells, group);
    this.#scope.services.brakes.succeeded(activation.hosted, inbound);
    if (!turn.defers) giveAnswer(this.#scope, inbound, valueText, group);
    if (turn.answers !== undefined) group.replies.push(...turn.answers);
    this.#settlement.done(activation, inbound, group, "ok");
    this.#used(activation, inbound);
    for (const timer of turn.timers ?? []) timer.start();
    if (turn.deactivates || turn.destroys || turn.replacement !== undefined) this.#scope.activations.leave(activation);
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
    const { commits, services, activations } = this.#scope;
    if (transaction.own) return this.#own.finish(turn, valueText, tentative);
    this.#end(turn);
    hold.tentative = tentative;
    // What the transaction destroyed is gone for its further calls, too.
    if (turn.destroys) activation.restore(text);
    services.brakes.succeeded(activation.hosted, inbound!);
    this.#participants.promise(activation, transaction, commits.gathering);
    giveAnswer(this.#scope, inbound!, valueText, commits.gathering);
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
      this.#scope.services.log.warn(
        { actor: activation.address, bytes: text.length },
        "state is large: every turn that changes it writes it whole",
      );
    }
    activation.text = text;
    activation.stored = !initial;
    activation.unsaved = false;
    if (!initial || known) group.states.set(activation.address, activation.storedText);
    this.#scope.ticks.save(activation, group);
  }

  /** It leaves nothing but its error (P4). */
  fail(turn: Turn, thrown: unknown): void {
    const { activation, inbound, transaction } = turn;
    this.#end(turn);
    if (turn.tells !== undefined) dropTells(this.#scope, turn.tells, thrown);
    activation.restore(activation.workingText);
    if (transaction?.own && transaction.holding !== undefined) {
      this.#own.failed(turn, thrown);
    } else {
      if (transaction !== undefined && !transaction.own) this.#participants.failed(turn, thrown);
      this.#settlement.failed(activation, inbound!, thrown);
    }
    this.#used(activation, inbound!);
    if (activation.spoiled) this.#scope.activations.remake(activation);
  }

  /** Timers do not keep their instance in memory. */
  #used(activation: Activation, { timed }: Inbound): void {
    if (!timed) this.#scope.activations.used(activation);
  }

  #end(turn: Turn): void {
    turn.end();
    turn.activation.hosted.metrics.ran(turn.inbound!);
    this.#scope.services.timers.delete(turn);
    turn.activation.running = undefined;
  }
}
