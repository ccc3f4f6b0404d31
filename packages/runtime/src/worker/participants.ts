import {
  type ActorError,
  decideParticipant,
  errorToWire,
  messageBytes,
  OverloadedError,
  type ParticipantEvent,
  parseAddress,
  type Span,
  type TraceHeaders,
  type TransactionContext,
  type TransactionOutcome,
  transactionText,
  type WireError,
} from "@actor-runtime/core";
import { HoldTraces } from "../tracing/hold-traces.js";
import { abortedError } from "../transactions/aborted.js";
import { endByDecision } from "../transactions/transaction-end.js";
import { Acknowledgements } from "./acknowledgements.js";
import type { Activation } from "./activation.js";
import type { CommitGroup } from "./commit-group.js";
import { Hold, Holding, type OwnMessage, type StoredHold, type Tentative } from "./hold.js";
import { HoldWaits } from "./hold-waits.js";
import type { Inbound } from "./inbound.js";
import { dropTells, leaveTells } from "./leave-tells.js";
import { woundedBy } from "./next-message.js";
import { ReminderList } from "./reminder-list.js";
import type { ParticipantTable, PartitionScope } from "./scope.js";
import { asActorError } from "./settlement.js";
import { storedForm } from "./state.js";
import type { Turn } from "./turn.js";
import { holdModeOf, type TurnTransaction } from "./turn-transaction.js";

/** A participant that heard nothing for so long asks its coordinator, and again after as long (ms). */
const silenceMs = 1_000;

/** How it ended for a participant: what is tentative counts, or it never was. */
export type Conclusion = Exclude<TransactionOutcome, { kind: "pending" }>;

/** Transactions that began with turns of this partition (`own-transactions.ts`). */
interface Own {
  close(): void;
  isOwn(holding: Holding): boolean;
  due(holding: Holding): void;
  recover(holding: Holding): void;
  concluded(activation: Activation, holding: Holding, own: OwnMessage, conclusion: Conclusion): void;
}

/**
 * The actors of one partition that take part in transactions. What a transaction did to an actor is stored before its answer
 * leaves, beside the actor's state, so it outlives the worker; the coordinator decides whether it counts, and every decision
 * here is made by {@link decideParticipant} and {@link decideHere}.
 */
export class Participants implements ParticipantTable {
  own!: Own;
  readonly #scope: PartitionScope;
  /** Who waits for actors to come to life, or for word of a coordinator. */
  readonly waits: HoldWaits;
  readonly #acknowledgements: Acknowledgements;
  readonly #holds = new Map<string, Hold>();
  #taken = 0;
  readonly #traces: HoldTraces;

  constructor(scope: PartitionScope) {
    this.#acknowledgements = new Acknowledgements(scope);
    this.#scope = scope;
    this.waits = new HoldWaits(scope);
    this.#traces = new HoldTraces(scope.services.tracing);
  }

  [Symbol.iterator](): IterableIterator<Hold> {
    return this.#holds.values();
  }

  /** How many actors are held. */
  get size(): number {
    return this.#holds.size;
  }

  find(address: string): Hold | undefined {
    return this.#holds.get(address);
  }

  /** Why no further actor may be held (P12); `undefined`: there is room. */
  get overload(): OverloadedError | undefined {
    const { maxHeldActors } = this.#scope.services.limits;
    if (this.#holds.size <= maxHeldActors) return undefined;
    return new OverloadedError(
      `${this.#scope.partition}: transactions hold too many of its actors`,
      "partition",
      1_000,
    );
  }

  /** Takes up what the store held at takeover; whoever is hosted here comes to life and asks what became of it. */
  adopt(stored: ReadonlyMap<string, StoredHold>): void {
    for (const [address, hold] of stored) this.#adopt(address, hold);
    for (const [address, hold] of this.#holds) {
      const hosted = this.#scope.services.types.get(parseAddress(address).type);
      // A worker that hosts the type takes the partition some day.
      if (hosted === undefined) continue;
      for (const holding of hold.holders) this.#traces.recovered(holding);
      this.#scope.activations.get(hosted, address, hold.headers);
      for (const holding of hold.holders) {
        if (hold.own !== undefined && holding.mode === "exclusive") this.own.recover(holding);
        else this.#ask(holding);
      }
    }
  }

  close(reason: ActorError): void {
    this.#acknowledgements.close();
    this.own.close();
    for (const hold of this.#holds.values()) {
      for (const holding of hold.holders) {
        this.#scope.services.timers.delete(holding);
        this.#traces.lost(holding, reason);
      }
    }
  }

  // ---- turns

  /** The transaction holds the actor from now on; its turn is about to begin. */
  take(activation: Activation, context: TransactionContext, { message, span }: Inbound): Holding {
    const mode = holdModeOf(activation.hosted.definition, message);
    let hold = activation.hold;
    if (hold === undefined) {
      hold = new Hold(activation.address);
      activation.hold = hold;
      this.#holds.set(hold.address, hold);
    }
    let holding = hold.find(context.id);
    if (holding === undefined) {
      const now = this.#scope.services.ports.clock.monotonic();
      holding = new Holding(hold, context, this.#nextTaken(), mode, now, this.#due);
      hold.holders = [...hold.holders, holding];
    } else if (mode === "exclusive") {
      holding.mode = mode;
    }
    // Whoever asks in its stead, for an answer of his own, does not know the transaction.
    if (message.chain === undefined || holding.caller === undefined) holding.caller = message.replyTo;
    holding.trace ??= message.trace;
    this.#traces.taken(holding, span);
    // A turn that is not over by then is stopped, whatever became of its caller.
    const { timers, time } = this.#scope.services;
    timers.set(holding, Math.max(0, context.until - time.now()));
    return holding;
  }

  /** Its turn ended: whatever its answer says is promised with this commit. */
  promise(activation: Activation, { joined, holding }: TurnTransaction, group: CommitGroup): void {
    const { hold, mode } = holding!;
    holding!.recorded = true;
    group.hold(activation.address, hold.text);
    const participation = mode === "exclusive" && hold.tentative !== undefined ? "write" : "read";
    joined.add(activation.address, participation, holding!.taken);
    if (holding!.state === "held") this.#scope.services.timers.set(holding!, silenceMs);
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
    this.#release(activation, holding, conclusion, group);
    group.hold(hold.address, hold.text);
    this.#scope.commits.commitSoon();
  }

  /**
   * A turn in a transaction failed. It left nothing, but what it says may be read out of the actor's state, so that stays held;
   * and what others did for it cannot be taken back alone.
   */
  failed({ activation, inbound, transaction }: Turn, thrown: unknown): void {
    const { holding, joined } = transaction!;
    if (!isHolding(holding!)) return;
    const others = [...(activation.queries ?? [])].some((query) => query.transaction?.id === holding!.id);
    if (inbound!.refused && !holding!.recorded && !others) {
      this.#release(activation, holding!, { kind: "aborted", reason: "rejected" }, undefined);
      return;
    }
    if (joined.size > 0 || joined.outstanding) joined.doom(asActorError(thrown));
    this.promise(activation, transaction!, this.#scope.commits.gathering);
  }

  /** What waited for the actor to come to life goes on. */
  resume(activation: Activation): void {
    this.waits.resume(activation);
  }

  /** Whether somebody waits for the actor to come to life. */
  awaits(activation: Activation): boolean {
    return this.waits.awaits(activation);
  }

  /** The younger of those that hold the actor give way to the older that wait for it (wound-wait). */
  press(activation: Activation): void {
    for (const [holding, { id }] of woundedBy(activation)) this.#wound(holding, id);
  }

  // ---- asking the coordinator

  readonly #due = (holding: Holding): void => {
    if (this.own.isOwn(holding)) this.own.due(holding);
    else this.#ask(holding);
  };

  #wound(holding: Holding, by: string): void {
    if (holding.wound !== undefined) return;
    holding.wound = by;
    this.#scope.services.ports.telemetry.count("transaction.wounds", 1);
    this.#traces.wounded(holding, by);
    this.#ask(holding);
  }

  #ask(holding: Holding): void {
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
    if (!isHolding(holding)) {
      this.waits.goOn(hold);
      return;
    }
    holding.state = "held";
    const step = decideParticipant(state, event);
    if (step === "apply" || step === "discard") {
      const { outcome } = event as Extract<ParticipantEvent, { kind: "outcome" }>;
      this.waits.whenSettled(hold, (activation) => {
        if (isHolding(holding)) {
          this.conclude(activation, holding, outcome as Conclusion, holding.mode === "exclusive");
        }
        this.waits.goOn(hold);
      });
      return;
    }
    this.waits.goOn(hold);
    if (holding.wound !== wound) this.#ask(holding);
    else this.#scope.services.timers.set(holding, silenceMs);
  }

  // ---- the end

  /** Its coordinator waits for word that it changed. */
  acknowledge(id: string, address: string, trace: TraceHeaders | undefined): void {
    this.#acknowledgements.add(id, address, trace);
  }

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
    this.#release(activation, holding, conclusion, group);
    const error = applies ? undefined : abortedError(holding.id, conclusion);
    if (error !== undefined) this.#tellCaller(holding, errorToWire(error));
    if (applies && alone && tentative !== undefined) this.#apply(activation, tentative, group);
    if (!applies && tentative !== undefined && alone) dropTells(this.#scope, tentative.tells, error);
    if (applies && acknowledges) this.#acknowledgements.add(holding.id, hold.address, holding.headers);
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

  #apply(activation: Activation, { text, initial, destroys, seen, tells }: Tentative, group: CommitGroup): void {
    const locks = destroys ? undefined : (activation.seenLocks ?? seen);
    // A live one has worked with them.
    if (activation.phase !== "ready") activation.reminders = ReminderList.in(text);
    activation.text = text;
    activation.seenLocks = locks;
    activation.stored = !initial;
    activation.unsaved = false;
    const { version } = activation.hosted.definition;
    group.states.set(activation.address, storedForm(version, initial ? undefined : text, locks));
    this.#scope.ticks.save(activation, group);
    leaveTells(this.#scope, tells, group);
  }

  /** Whatever still runs of it leaves nothing. */
  #stopTurns({ running, queries }: Activation, id: string, error: ActorError | undefined): void {
    for (const turn of [running, ...(queries ?? [])] as (Turn | undefined)[]) {
      if (turn?.transaction?.id !== id || turn.ended) continue;
      turn.stop(error ?? abortedError(id, { reason: "resolved" }));
    }
  }

  /** @param group what it is free with; `undefined`: it never promised anything */
  #release(
    activation: Activation | undefined,
    holding: Holding,
    conclusion: Conclusion,
    group: CommitGroup | undefined,
  ): void {
    const { hold } = holding;
    this.#scope.services.timers.delete(holding);
    if (holding.span?.recording) this.#endSpan(holding.span, holding, conclusion, group);
    hold.holders = hold.holders.filter((other) => other !== holding);
    if (holding.mode === "exclusive") {
      hold.tentative = undefined;
      hold.own = undefined;
      hold.timers = undefined;
    }
    if (hold.holders.length > 0) return;
    this.#holds.delete(hold.address);
    if (activation !== undefined) activation.hold = undefined;
  }

  #endSpan(span: Span, { mode }: Holding, conclusion: Conclusion, group: CommitGroup | undefined): void {
    const { services, partition } = this.#scope;
    this.#traces.over(span, mode, endByDecision(conclusion));
    if (group === undefined) span.end();
    else group.traced(services.tracing, partition, services.ports.clock).ends(span);
  }

  /** It hears at once that it cannot commit, unless it said so itself. */
  #tellCaller({ id, caller }: Holding, doomed: WireError): void {
    if (caller !== undefined) this.#scope.services.replies.add(caller, transactionText({ id, members: {}, doomed }));
  }

  /** Fences are µs, and no two tenures have the same; nobody takes an actor more often than that. */
  #nextTaken(): number {
    this.#taken = Math.max(this.#taken + 1, this.#scope.lease.fence);
    return this.#taken;
  }

  #adopt(address: string, { holders, own, tentative }: StoredHold): void {
    const { outbox, services } = this.#scope;
    const hold = new Hold(address);
    const now = services.ports.clock.monotonic();
    hold.holders = holders.map(({ taken, mode, caller, trace, ...context }) => {
      const holding = new Holding(hold, context, taken, mode, now, this.#due);
      return Object.assign(holding, { caller, trace, recorded: true });
    });
    hold.own = own;
    if (tentative !== undefined) {
      const { seen, tells, ...rest } = tentative;
      hold.tentative = {
        ...rest,
        seen: seen && new Map(Object.entries(seen)),
        tells: tells.map(([target, text]) => outbox.draft(target, text, messageBytes(text))),
      };
    }
    this.#holds.set(address, hold);
  }
}

/** It is in force still. */
export function isHolding(holding: Holding): boolean {
  return holding.hold.holders.includes(holding);
}
