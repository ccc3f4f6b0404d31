import { decideParticipant, type ParticipantEvent } from "@actor-runtime/core";
import { HoldTraces } from "../tracing/hold-traces.js";
import type { Conclusion } from "../transactions/transaction-end.js";
import type { Activation } from "./activation.js";
import type { Holding } from "./hold.js";
import type { HoldWaits } from "./hold-waits.js";
import type { PartitionScope } from "./scope.js";

/** A participant that heard nothing for so long asks its coordinator, and again after as long (ms). */
const silenceMs = 1_000;

/** Who carries out what a coordinator decided (`participants.ts`). */
interface Concluding {
  conclude(activation: Activation, holding: Holding, conclusion: Conclusion, acknowledges: boolean): void;
}

/** What the participants of one partition ask their coordinators: what became of a transaction, or whether it gives way. */
export class Inquiries {
  readonly #scope: PartitionScope;
  readonly #waits: HoldWaits;
  readonly #participants: Concluding;
  readonly #traces: HoldTraces;

  constructor(scope: PartitionScope, waits: HoldWaits, participants: Concluding) {
    this.#scope = scope;
    this.#waits = waits;
    this.#participants = participants;
    this.#traces = new HoldTraces(scope.services.tracing);
  }

  /** An older transaction waits for the actor. */
  wound(holding: Holding, by: string): void {
    if (holding.wound !== undefined) return;
    holding.wound = by;
    this.#scope.services.ports.telemetry.count("transaction.wounds", 1);
    this.#traces.wounded(holding, by);
    this.ask(holding);
  }

  /** Unless something is heard before. */
  askLater(holding: Holding): void {
    this.#scope.services.timers.set(holding, silenceMs);
  }

  ask(holding: Holding): void {
    if (decideParticipant(holding.state, { kind: "ask" }) !== "ask") return;
    const { transactions, timers } = this.#scope.services;
    const { id, until, wound } = holding;
    timers.delete(holding);
    holding.state = "asking";
    transactions.inquire(id, until, wound, holding.headers).then(
      (outcome) => this.heard(holding, { kind: "outcome", outcome }, wound),
      () => this.heard(holding, { kind: "unreachable" }, wound),
    );
  }

  /**
   * What the coordinator said, or that it says nothing.
   *
   * @param wound what it was told when it was asked
   */
  heard(holding: Holding, event: ParticipantEvent, wound: string | undefined): void {
    if (!this.#scope.alive) return;
    const { hold, state } = holding;
    if (!holding.inForce) {
      this.#waits.goOn(hold);
      return;
    }
    holding.state = "held";
    const step = decideParticipant(state, event);
    if (step === "apply" || step === "discard") {
      const { outcome } = event as Extract<ParticipantEvent, { kind: "outcome" }>;
      this.#waits.whenSettled(hold, (activation) => {
        if (holding.inForce) {
          this.#participants.conclude(activation, holding, outcome as Conclusion, holding.mode === "exclusive");
        }
        this.#waits.goOn(hold);
      });
      return;
    }
    this.#waits.goOn(hold);
    if (holding.wound !== wound) this.ask(holding);
    else this.askLater(holding);
  }
}
