import {
  type ActorError,
  messageBytes,
  OverloadedError,
  parseAddress,
  type Span,
  type TransactionContext,
} from "@actor-runtime/core";
import { HoldTraces } from "../tracing/hold-traces.js";
import { type Conclusion, endByDecision } from "../transactions/transaction-end.js";
import type { Activation } from "./activation.js";
import type { CommitGroup } from "./commit-group.js";
import { Hold, Holding, type StoredHold } from "./hold.js";
import type { Inbound } from "./inbound.js";
import type { PartitionScope } from "./scope.js";
import { holdModeOf } from "./turn-transaction.js";

/** The actors of one partition that transactions hold, each from the first turn in one of them until the last is over. */
export class Holds {
  readonly #scope: PartitionScope;
  readonly #due: (holding: Holding) => void;
  readonly #traces: HoldTraces;
  readonly #holds = new Map<string, Hold>();
  #taken = 0;

  /** @param due called when a holding has heard nothing for long enough, or its time is over */
  constructor(scope: PartitionScope, due: (holding: Holding) => void) {
    this.#scope = scope;
    this.#due = due;
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
    for (const [address, hold] of stored) this.#holds.set(address, this.#restored(address, hold));
    for (const [address, hold] of this.#holds) {
      const hosted = this.#scope.services.types.get(parseAddress(address).type);
      // A worker that hosts the type takes the partition some day.
      if (hosted === undefined) continue;
      for (const holding of hold.holders) this.#traces.recovered(holding);
      this.#scope.activations.get(hosted, address, hold.headers);
      for (const holding of hold.holders) holding.due();
    }
  }

  /** The partition is given up. */
  close(reason: ActorError): void {
    for (const hold of this.#holds.values()) {
      for (const holding of hold.holders) {
        this.#scope.services.timers.delete(holding);
        this.#traces.lost(holding, reason);
      }
    }
  }

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

  /**
   * The transaction holds the actor no more.
   *
   * @param group what it is free with; `undefined`: it never promised anything
   */
  release(activation: Activation, holding: Holding, conclusion: Conclusion, group: CommitGroup | undefined): void {
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
    activation.hold = undefined;
  }

  #endSpan(span: Span, { mode }: Holding, conclusion: Conclusion, group: CommitGroup | undefined): void {
    const { services, partition } = this.#scope;
    this.#traces.over(span, mode, endByDecision(conclusion));
    if (group === undefined) span.end();
    else group.traced(services.tracing, partition, services.ports.clock).ends(span);
  }

  /** Fences are µs, and no two tenures have the same; nobody takes an actor more often than that. */
  #nextTaken(): number {
    this.#taken = Math.max(this.#taken + 1, this.#scope.lease.fence);
    return this.#taken;
  }

  #restored(address: string, { holders, own, tentative }: StoredHold): Hold {
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
    return hold;
  }
}
