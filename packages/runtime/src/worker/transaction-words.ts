import { decideParticipant, encodeText } from "@actor-runtime/core";
import { abortHandler, commitHandler } from "../system-handlers.js";
import { Contradictions } from "../transactions/contradictions.js";
import { type Word, wordOf } from "../transactions/transaction-messages.js";
import { lookUpEarlier, pendingAnswer } from "./earlier-answer.js";
import type { Inbound } from "./inbound.js";
import type { OnePartitionCommit } from "./one-partition-commit.js";
import { giveAnswer, giveOutcome } from "./outcomes.js";
import type { Participants } from "./participants.js";
import type { PartitionScope } from "./scope.js";
import type { Settlement } from "./settlement.js";
import { asActorError } from "./thrown.js";

/** Hears word of transactions that comes to actors of one partition, past their queues. */
export class TransactionWords {
  readonly #scope: PartitionScope;
  readonly #settlement: Settlement;
  readonly #participants: Participants;
  readonly #here: OnePartitionCommit;
  readonly #contradictions: Contradictions;

  constructor(scope: PartitionScope, settlement: Settlement, participants: Participants, here: OnePartitionCommit) {
    this.#scope = scope;
    this.#settlement = settlement;
    this.#participants = participants;
    this.#here = here;
    const { log, ports } = scope.services;
    this.#contradictions = new Contradictions({ log, telemetry: ports.telemetry });
  }

  /** Word of a transaction to an actor of the partition. */
  receive(inbound: Inbound): void {
    const { handler } = inbound.message;
    let word: Word;
    try {
      word = wordOf(inbound.message, this.#scope.services.time.now());
    } catch (error) {
      this.#settlement.refused(inbound, asActorError(error));
      return;
    }
    if (handler === commitHandler) this.#committed(inbound, word);
    else if (handler === abortHandler) this.#aborted(inbound, word.id);
    else this.#commitHere(inbound, word);
  }

  #committed(inbound: Inbound, { id, participation, forced }: Word): void {
    const { to } = inbound.message;
    const holding = this.#participants.holds.find(to)?.find(id);
    const step = decideParticipant(holding?.state, { kind: "commit" });
    if (forced) this.#contradictions.forced(id, to);
    const hear = () => this.#settlement.heard(inbound, this.#scope.commits.gathering);
    if (step !== "apply" || holding === undefined) {
      if (participation === "write") this.#participants.acknowledgements.add(id, to, inbound.message.trace);
      hear();
      return;
    }
    this.#participants.waits.whenSettled(holding.hold, (activation) => {
      // The coordinator may have been asked meanwhile, and have said the same.
      if (holding.inForce) {
        this.#participants.conclude(activation, holding, { kind: "committed" }, participation === "write");
      }
      hear();
    });
  }

  #aborted(inbound: Inbound, id: string): void {
    const { to } = inbound.message;
    this.#contradictions.givenUp(id, to);
    const activation = this.#scope.activations.find(to);
    for (const waiting of activation?.transactional ?? []) if (waiting.id === id) waiting.inbound.withdrawn = true;
    const hear = () => this.#settlement.heard(inbound, this.#scope.commits.gathering);
    const holding = this.#participants.holds.find(to)?.find(id);
    if (holding === undefined || decideParticipant(holding.state, { kind: "abort" }) !== "discard") {
      hear();
      if (activation !== undefined) this.#scope.scheduler.pump(activation);
      return;
    }
    this.#participants.waits.whenSettled(holding.hold, (now) => {
      holding.caller = undefined;
      if (holding.inForce) this.#participants.conclude(now, holding, { kind: "aborted", reason: "rejected" });
      hear();
    });
  }

  #commitHere(inbound: Inbound, word: Word): void {
    const keys = inbound.answerKeys();
    const pending = pendingAnswer(this.#scope, keys);
    if (pending === undefined && inbound.earlier === undefined && keys.length > 0) {
      lookUpEarlier(this.#scope, inbound, keys, () => this.#commitHere(inbound, word));
      return;
    }
    const answer = pending ?? inbound.earlier;
    const group = this.#scope.commits.gathering;
    if (answer) {
      giveOutcome(inbound, answer.outcome, group);
      this.#settlement.heard(inbound, group);
      return;
    }
    const { id, until, addresses } = word;
    this.#here.decide(id, until, addresses, inbound.message.trace, (conclusion) => {
      const { gathering } = this.#scope.commits;
      giveAnswer(this.#scope, inbound, encodeText(conclusion, "answer"), gathering);
      this.#settlement.heard(inbound, gathering);
    });
  }
}
