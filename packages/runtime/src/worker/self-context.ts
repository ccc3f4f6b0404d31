import { type Logger, TurnEndedError } from "@actor-runtime/core";
import { ActorContext } from "../actor-context.js";
import type { RefBy } from "../client/ref-types.js";
import type { Locks } from "../locks/lock-types.js";
import type { CurrentReminder, Reminders, TimerTime } from "../reminders/reminder-types.js";
import { TurnReminders } from "../reminders/turn-reminders.js";
import { keyGiven } from "../transactions/transaction-keys.js";
import type { Activation } from "./activation.js";
import { actorLog } from "./actor-log.js";
import { setTimer } from "./actor-timer.js";
import type { WorkerServices } from "./services.js";

import { currentTurn, type Turn } from "./turn.js";

const noHeaders: Readonly<Record<string, string>> = Object.freeze({});

/** What one activation injects as its ActorContext. There is one per live actor, so it holds two references and no more. */
export class SelfContext extends ActorContext {
  readonly #activation: Activation;
  readonly #services: WorkerServices;

  constructor(activation: Activation, services: WorkerServices) {
    super();
    this.#activation = activation;
    this.#services = services;
  }

  get address(): string {
    return this.#activation.address;
  }

  get type(): string {
    return this.#activation.hosted.definition.name;
  }

  get key(): string {
    return this.#activation.key;
  }

  get isNew(): boolean {
    const { stored, hold } = this.#activation;
    return hold?.tentative?.initial ?? !stored;
  }

  get ref(): RefBy<void> {
    return this.#services.turnRef;
  }

  get signal(): AbortSignal {
    return this.#turn("read its signal").signal;
  }

  get locks(): Locks {
    return this.#services.turnLocks(this.#turn("take a lock"));
  }

  get reminders(): Reminders {
    return new TurnReminders(this.#turn("use its reminders"));
  }

  get reminder(): CurrentReminder | undefined {
    const { tick, dueAt } = this.#turn("read its reminder").inbound?.message ?? {};
    return tick && { name: tick.name, dueAt: dueAt! };
  }

  timer(time: TimerTime, handler: string, ...args: readonly unknown[]): () => void {
    return setTimer(this.#turn("set a timer"), time, handler, args);
  }

  now(): number {
    return this.#services.ports.clock.now();
  }

  random(): number {
    return this.#services.ports.random.next();
  }

  get idempotencyKey(): string | undefined {
    const turn = this.#turn("read its idempotencyKey");
    if (turn.kind !== "handler" || turn.inbound === undefined || turn.inbound.timed) return undefined;
    const { identity, message } = turn.inbound;
    // An outbox numbers per target, so the same number may stand for other messages in other partitions.
    return keyGiven(identity, message.tx) ?? `${turn.host.scope.partition}:${identity}`;
  }

  get headers(): Readonly<Record<string, string>> {
    return this.#turn("read its headers").inbound?.message.headers ?? noHeaders;
  }

  get attempt(): number {
    return (this.#turn("read its attempt").inbound?.attempts ?? 0) + 1;
  }

  get deadline(): number | undefined {
    return this.#turn("read its deadline").inbound?.message.deadline;
  }

  get log(): Logger {
    return actorLog(this.#services.log, { actor: this.#activation.address, ...currentTurn.getStore()?.span?.ids });
  }

  deactivate(): void {
    this.#turn("deactivate").deactivates = true;
  }

  destroy(): void {
    const turn = this.#turn("destroy");
    turn.checkEffect("destroy the actor");
    turn.destroys = true;
  }

  #turn(what: string): Turn {
    const turn = currentTurn.getStore();
    if (turn?.activation !== this.#activation) {
      throw new TurnEndedError(`${this.#activation.address}: outside a turn it cannot ${what}`);
    }
    turn.checkRunning(what);
    return turn;
  }
}
