import {
  type AnswerRoute,
  decideLock,
  type HeldLock,
  type LockAnswer,
  type LockEffect,
  type LockEvent,
  type LockProbe,
  type LockQueue,
  OverloadedError,
} from "@actor-runtime/core";
import { ActorContext } from "../actor-context.js";
import { Handler, State } from "../definition/decorators.js";
import { inject } from "../definition/inject.js";
import { SystemActor } from "../definition/system-actor.js";
import { SystemServices } from "../system-services.js";
import { answerLater, deferAnswer } from "../worker/deferred-answer.js";
import { type Asked, checkAsked, checkCycle, checkId, checkProbe } from "./lock-messages.js";

/** An offer that is not claimed within this time goes to the next (ms). */
const claimMs = 2_000;
/** While somebody waits, it looks by itself this often (ms): a release may have been lost with its holder. */
const lookEveryMs = 500;
const overdueMs = 10_000;
/** Whoever asks counts as come now, unless it is known to have asked before: clocks of callers are this much apart (ms). */
const clocksApartMs = 1_000;
/** Bound of those who wait for one lock (P12). */
const maxWaiting = 1_000;

/**
 * Who is next for one lock, whose name is the actor's key. It keeps the queue and nothing else: who holds the lock is known to
 * the store ({@link LockLeases}), and every decision is made by the pure rule {@link decideLock}.
 */
@SystemActor("Lock", { idleAfter: "10s" })
export class LockActor {
  private readonly self = inject(ActorContext);
  private readonly services = inject(SystemServices);
  @State() private waiting: LockQueue = [];
  /** When it will look by itself; `undefined`: nobody waits, or nobody did when it looked last. */
  @State() private looksAt: number | undefined = undefined;

  /** Answers once the lock is offered, or will not be. Asked again with the same request it keeps its place. */
  @Handler() async acquire(asked: Asked): Promise<LockAnswer | undefined> {
    const { waitMs, since: asksSince, ...wanted } = checkAsked(asked);
    const { request } = wanted;
    const known = this.waiting.some((waiter) => waiter.request === request);
    if (!known && waitMs > 0 && this.waiting.length >= maxWaiting) {
      throw new OverloadedError(`lock "${this.self.key}": ${maxWaiting} wait for it already`, "actor", 1_000);
    }
    const now = this.services.now();
    const since = asksSince < now - clocksApartMs ? asksSince : now;
    const answerTo: AnswerRoute = deferAnswer();
    const waiter = { ...wanted, since, until: now + waitMs, answerTo };
    await this.#decide({ kind: "acquire", waiter });
    return undefined;
  }

  /** Its caller gave up. */
  @Handler() cancel(request: string): Promise<void> {
    return this.#decide({ kind: "cancel", request: checkId(request, "request") });
  }

  /** A holder gave the lock back, and somebody waits. */
  @Handler() released(): Promise<void> {
    return this.#decide({ kind: "look" });
  }

  @Handler() look(): Promise<void> {
    this.looksAt = undefined;
    return this.#decide({ kind: "look" });
  }

  @Handler() probe(probe: LockProbe): Promise<void> {
    return this.#decide({ kind: "probe", probe: checkProbe(probe) });
  }

  @Handler() deadlock(request: string, cycle: readonly string[]): Promise<void> {
    return this.#decide({ kind: "deadlock", request: checkId(request, "request"), cycle: checkCycle(cycle) });
  }

  /** Takes the lock from those who hold it under this fence: run again, it must not take it from whoever came next. */
  @Handler() async break(fence: number): Promise<HeldLock | undefined> {
    const { leases } = this.services;
    const meant = (await leases.inspect(this.self.key))?.fence === fence;
    const held = meant ? await leases.break(this.self.key) : undefined;
    await this.#decide({ kind: "look" });
    return held;
  }

  async #decide(event: LockEvent): Promise<void> {
    const events = [event];
    let queue = this.waiting;
    for (const next of events) {
      const decision = decideLock(this.self.key, queue, next, this.services.now());
      queue = decision.queue;
      for (const effect of decision.effects) {
        const outcome = await this.#carryOut(effect);
        if (outcome !== undefined) events.push(outcome);
      }
    }
    this.waiting = queue;
    if (queue.length > 0 && !this.#willLook) this.#lookLater();
  }

  /** A look that is long overdue is not on its way any more. */
  get #willLook(): boolean {
    return this.looksAt !== undefined && this.services.now() < this.looksAt + overdueMs;
  }

  /** @returns what came of an offer */
  async #carryOut(effect: LockEffect): Promise<LockEvent | undefined> {
    if (effect.kind === "offer") return this.#offer(effect);
    if (effect.kind === "withdraw") {
      await this.services.leases.release({ name: this.self.key, request: effect.request });
    } else if (effect.kind === "answer") {
      answerLater(effect.to, effect.answer);
    } else {
      const { tell } = this.self.ref(LockActor, effect.name);
      if (effect.kind === "probe") tell.probe(effect.probe);
      else tell.deadlock(effect.request, effect.cycle);
    }
    return undefined;
  }

  async #offer({ waiter, others }: Extract<LockEffect, { kind: "offer" }>): Promise<LockEvent> {
    const { request, mode, session, until } = waiter;
    const options = { session, claimMs, waits: until > this.services.now(), others };
    const made = await this.services.leases.offer({ name: this.self.key, request, mode }, options);
    if ("offer" in made) return { kind: "offered", request, outcome: { fence: made.offer.fence } };
    return { kind: "offered", request, outcome: "held" in made ? "held" : "over" };
  }

  #lookLater(): void {
    this.looksAt = this.services.now() + lookEveryMs;
    this.self.ref(LockActor, this.self.key).with({ delay: lookEveryMs }).tell.look();
  }
}
