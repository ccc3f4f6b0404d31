import { type ActorError, errorToWire, transactionText, type WireError } from "@actor-runtime/core";
import { abortedError } from "../transactions/aborted.js";
import type { Conclusion } from "../transactions/transaction-end.js";
import { Acknowledgements } from "./acknowledgements.js";
import type { Activation } from "./activation.js";
import type { CommitGroup } from "./commit-group.js";
import type { Holding, OwnMessage } from "./hold.js";
import { HoldWaits } from "./hold-waits.js";
import { Holds } from "./holds.js";
import { Inquiries } from "./inquiries.js";
import { dropTells } from "./leave-tells.js";
import { woundedBy } from "./next-message.js";
import type { ParticipantTable, PartitionScope } from "./scope.js";
import { applyTentative } from "./tentative.js";
import { asActorError } from "./thrown.js";
import type { Turn } from "./turn.js";
import type { TurnTransaction } from "./turn-transaction.js";

/** Transactions that began with turns of this partition (`own-transactions.ts`). */
interface Own {
  close(): void;
  isOwn(holding: Holding): boolean;
  due(holding: Holding): void;
  concluded(activation: Activation, holding: Holding, own: OwnMessage, conclusion: Conclusion): void;
}

/**
 * The actors of one partition that take part in transactions. What a transaction did to an actor is stored before its answer
 * leaves, beside the actor's state, so it outlives the worker; the coordinator decides whether it counts, and every decision
 * here is made by {@link decideParticipant} and {@link decideHere}.
 */
export class Participants implements ParticipantTable {
  own!: Own;
  readonly holds: Holds;
  /** Who waits for actors to come to life, or for word of a coordinator. */
  readonly waits: HoldWaits;
  readonly inquiries: Inquiries;
  readonly acknowledgements: Acknowledgements;
  readonly #scope: PartitionScope;

  constructor(scope: PartitionScope) {
    this.#scope = scope;
    this.holds = new Holds(scope, (holding) => this.#due(holding));
    this.waits = new HoldWaits(scope);
    this.inquiries = new Inquiries(scope, this.waits, this);
    this.acknowledgements = new Acknowledgements(scope);
  }

  /** The partition is given up. */
  close(reason: ActorError): void {
    this.acknowledgements.close();
    this.own.close();
    this.holds.close(reason);
  }

  // ---- turns

  /** Its turn ended: whatever its answer says is promised with this commit. */
  promise(activation: Activation, { joined, holding }: TurnTransaction, group: CommitGroup): void {
    const { hold, mode } = holding!;
    holding!.recorded = true;
    group.hold(activation.address, hold.text);
    const participation = mode === "exclusive" && hold.tentative !== undefined ? "write" : "read";
    joined.add(activation.address, participation, holding!.taken);
    if (holding!.state === "held") this.inquiries.askLater(holding!);
  }

  /**
   * It holds the actor no more, and nothing of it counts: who began it says so.
   *
   * @param conclusion what its trace tells
   */
  drop(activation: Activation, holding: Holding, conclusion: Conclusion): void {
    const group = this.#scope.commits.gathering;
    const { hold } = holding;
    if (hold.tentative !== undefined) this.#scope.outbox.drop(hold.tentative.tells);
    this.holds.release(activation, holding, conclusion, group);
    group.hold(hold.address, hold.text);
    this.#scope.commits.commitSoon();
  }

  /**
   * A turn in a transaction failed. It left nothing, but what it says may be read out of the actor's state, so that stays held;
   * and what others did for it cannot be taken back alone.
   */
  failed({ activation, inbound, transaction }: Turn, thrown: unknown): void {
    const { holding, joined } = transaction!;
    if (!holding!.inForce) return;
    const others = [...(activation.queries ?? [])].some((query) => query.transaction?.id === holding!.id);
    if (inbound!.refused && !holding!.recorded && !others) {
      this.holds.release(activation, holding!, { kind: "aborted", reason: "rejected" }, undefined);
      return;
    }
    if (joined.size > 0 || joined.outstanding) joined.doom(asActorError(thrown));
    this.promise(activation, transaction!, this.#scope.commits.gathering);
  }

  /** The younger of those that hold the actor give way to the older that wait for it (wound-wait). */
  press(activation: Activation): void {
    for (const [holding, { id }] of woundedBy(activation)) this.inquiries.wound(holding, id);
  }

  /** It heard nothing for too long, or its time is over. */
  #due(holding: Holding): void {
    if (this.own.isOwn(holding)) this.own.due(holding);
    else this.inquiries.ask(holding);
  }

  // ---- the end

  /**
   * What is tentative counts from now on, or never was; the actor is free of the transaction with this commit.
   *
   * @param acknowledges its coordinator waits for word that it changed
   */
  conclude(activation: Activation, holding: Holding, conclusion: Conclusion, acknowledges = false): void {
    const { hold } = holding;
    const { tentative, own, timers } = hold;
    const alone = holding.mode === "exclusive";
    const group = this.#scope.commits.gathering;
    const applies = conclusion.kind === "committed";
    const live = activation.phase === "ready";
    this.holds.release(activation, holding, conclusion, group);
    const error = applies ? undefined : abortedError(holding.id, conclusion);
    if (error !== undefined) this.#tellCaller(holding, errorToWire(error));
    if (applies && alone && tentative !== undefined) applyTentative(this.#scope, activation, tentative, group);
    if (!applies && tentative !== undefined && alone) dropTells(this.#scope, tentative.tells, error);
    if (applies && acknowledges) this.acknowledgements.add(holding.id, hold.address, holding.headers);
    if (holding.recorded) group.hold(hold.address, hold.text);
    activation.lastSeq = group.seq;
    this.#scope.commits.commitSoon();
    // Before anybody else's turn begins: what waits for it to be stopped may run at once.
    if (!applies && alone && live) {
      activation.restore(activation.text);
    }
    this.#stopTurns(activation, holding.id, error);
    if (alone && own !== undefined) this.own.concluded(activation, holding, own, conclusion);
    if (alone && applies && live) for (const timer of timers ?? []) timer.start();
    if (!live || (applies && alone && (tentative?.destroys || tentative?.deactivates))) {
      this.#scope.activations.leave(activation);
    } else {
      this.#scope.scheduler.pump(activation);
    }
    // Who waited for word of its coordinator has it; the actor may know nothing of the hold any more.
    this.waits.goOn(hold);
  }

  /** Whatever still runs of it leaves nothing. */
  #stopTurns({ running, queries }: Activation, id: string, error: ActorError | undefined): void {
    for (const turn of [running, ...(queries ?? [])] as (Turn | undefined)[]) {
      if (turn?.transaction?.id !== id || turn.ended) continue;
      turn.stop(error ?? abortedError(id, { reason: "resolved" }));
    }
  }

  /** It hears at once that it cannot commit, unless it said so itself. */
  #tellCaller({ id, caller }: Holding, doomed: WireError): void {
    if (caller !== undefined) this.#scope.services.replies.add(caller, transactionText({ id, members: {}, doomed }));
  }
}
