import {
  type ActorError,
  QueryChangedStateError,
  QueryEffectError,
  replyText,
  valueOutcome,
} from "@actor-runtime/core";
import type { Activation } from "./activation.js";
import { answerText } from "./answer-text.js";
import { type Ending, endingOf } from "./ending.js";
import { heal } from "./heal.js";
import { giveAnswer } from "./outcomes.js";
import type { Participants } from "./participants.js";
import { ended } from "./processing.js";
import type { PartitionScope } from "./scope.js";
import type { Settlement } from "./settlement.js";
import { asActorError, boundedOutcome } from "./thrown.js";
import type { Turn } from "./turn.js";
import type { TurnTransaction } from "./turn-transaction.js";

/** Queries run side by side, change nothing, and answer only what is committed (delivery.md O11). */
export class Queries {
  readonly #scope: PartitionScope;
  readonly #settlement: Settlement;
  readonly #participants: Participants;

  constructor(scope: PartitionScope, settlement: Settlement, participants: Participants) {
    this.#scope = scope;
    this.#settlement = settlement;
    this.#participants = participants;
  }

  begin(activation: Activation, turn: Turn): void {
    if (activation.queries === undefined) {
      activation.queries = new Set();
      activation.queryBase = fieldValues(activation);
    }
    activation.queries.add(turn);
  }

  /** @throws what makes the query fail: it had an effect, or its answer cannot travel */
  finish(turn: Turn, value: unknown): void {
    this.#checkEffects(turn);
    const valueText = value === undefined ? undefined : answerText(turn.what, value);
    this.#end(turn);
    const { activation } = turn;
    if (turn.transaction === undefined) this.#leave(turn, valueOutcome(valueText), "ok");
    else this.#promise(turn, turn.transaction, valueText);
    if (turn.deactivates && activation.queries === undefined) this.#scope.activations.leave(activation);
  }

  fail(turn: Turn, thrown: unknown): void {
    const { activation } = turn;
    const base = activation.queryBase!;
    // Whatever it did before it threw: others may have seen it.
    activation.queriesSpoiled ||= fieldValues(activation).some((value, index) => !Object.is(value, base[index]));
    activation.suspect ||= base.some(isObject);
    assignFields(activation, base);
    this.#end(turn);
    if (turn.transaction !== undefined) this.#participants.failed(turn, thrown);
    if (turn.inbound!.message.kind === "tell" || turn.transaction !== undefined) {
      this.#settlement.failed(activation, turn.inbound!, thrown);
      return;
    }
    const error = asActorError(thrown);
    this.#leave(turn, boundedOutcome(thrown), turn.inbound!.refused ? "refused" : endingOf(error, false), error);
  }

  /** That nobody changes what was read is promised before the answer leaves. */
  #promise({ activation, inbound }: Turn, transaction: TurnTransaction, valueText: string | undefined): void {
    const { commits, activations } = this.#scope;
    this.#participants.promise(activation, transaction, commits.gathering);
    giveAnswer(this.#scope, inbound!, valueText, commits.gathering);
    this.#settlement.done(activation, inbound!, commits.gathering, "ok");
    activations.used(activation);
  }

  /** The answer leaves when every turn that finished before is committed, and only while the lease is valid. */
  #leave({ activation, inbound }: Turn, outcome: string, ending: Ending, error?: ActorError): void {
    const { message, delivery, stream } = inbound!;
    const { commits, services } = this.#scope;
    const group = commits.pending(activation.lastSeq);
    if (message.replyTo !== undefined) {
      const text = replyText(message.call ?? "", outcome);
      if (group) group.replies.push({ to: message.replyTo, text });
      else if (this.#scope.leaseValid) services.replies.add(message.replyTo, text);
    }
    if (delivery === undefined || stream !== undefined || this.#scope.marks.has(inbound!)) {
      // Asked under a number, by a sender that did not know it for a query, or marked: that is done with a commit.
      this.#settlement.done(activation, inbound!, commits.gathering, ending, error);
    } else if (group) {
      ended(this.#scope, inbound!, group, ending, error);
      group.deliveries.push(delivery);
    } else {
      ended(this.#scope, inbound!, undefined, ending, error);
      this.#scope.deliveries.settle(delivery);
    }
    this.#scope.activations.used(activation);
  }

  /** @throws QueryEffectError when a durable field was assigned, QueryChangedStateError (dev) when one was changed in place */
  #checkEffects({ activation, what }: Turn): void {
    const { fields } = activation.hosted;
    const base = activation.queryBase!;
    const now = fieldValues(activation);
    const assigned = fields.filter((_, index) => !Object.is(now[index], base[index]));
    if (assigned.length > 0 || activation.queriesSpoiled) {
      // Queries that overlap see each other's assignments, so all of them fail; nobody gets a value that never was.
      activation.queriesSpoiled = true;
      const names = assigned.map(({ property }) => property).join(", ") || "state";
      throw new QueryEffectError(`${what} is a query, but ${names} was assigned while it ran; use @Handler()`);
    }
    if (!now.some(isObject)) return;
    activation.suspect = true;
    if (!this.#scope.services.dev) return;
    if (activation.textNow !== activation.workingText) {
      throw new QueryChangedStateError(
        `${what} is a query, but it changed state in place; copy before you sort, push or set`,
      );
    }
    activation.suspect = false;
  }

  #end(turn: Turn): void {
    const { activation } = turn;
    turn.end();
    activation.hosted.metrics.ran(turn.inbound!);
    this.#scope.services.timers.delete(turn);
    activation.queries?.delete(turn);
    if ((activation.queries?.size ?? 0) > 0) return;
    activation.queries = undefined;
    activation.queryBase = undefined;
    activation.queriesSpoiled = false;
    if (activation.spoiled) this.#scope.activations.remake(activation);
    else if (activation.suspect) heal(activation, this.#scope.services.log);
  }
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null;
}

function fieldValues({ hosted, instance }: Activation): unknown[] {
  return hosted.fields.map(({ property }) => (instance as Record<string, unknown>)[property]);
}

function assignFields({ hosted, instance }: Activation, values: readonly unknown[]): void {
  hosted.fields.forEach(({ property }, index) => {
    (instance as Record<string, unknown>)[property] = values[index];
  });
}
