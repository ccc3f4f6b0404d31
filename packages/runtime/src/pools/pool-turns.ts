import {
  type ActorError,
  FatalMessageError,
  poolQueue,
  type ServiceTimes,
  TurnTimeoutError,
} from "@actor-runtime/core";
import type { MethodDefinition } from "../definition/actor-definition.js";
import { unknownHandler } from "../definition/unknown-handler.js";
import { invoke } from "../worker/invocation.js";
import { argumentsOf } from "../worker/message-arguments.js";
import { asActorError } from "../worker/thrown.js";
import { logFailure } from "../worker/turn-failure.js";
import { handlerInQuery, tooLate, withdrawnBefore } from "../worker/turn-refusals.js";
import { Instances } from "./instances.js";
import type { PoolScope } from "./pool-scope.js";
import type { PoolSettlement } from "./pool-settlement.js";
import { PoolTurn, type PoolTurnHost } from "./pool-turn.js";
import type { Work } from "./work.js";

/** A message that was delivered so often without an end is not tried again: it may be what its workers die of. */
const maxRedeliveries = 10;

/** Runs the messages of one stateless type, each on an instance of its own. */
export class PoolTurns implements PoolTurnHost {
  readonly address: string;
  readonly maxTellBytes: number;
  readonly #scope: PoolScope;
  readonly #settlement: PoolSettlement;
  readonly #times: ServiceTimes;
  readonly #instances: Instances;
  /** Turns by message, from their beginning to their end. */
  readonly #turns = new Map<Work, PoolTurn>();

  constructor(scope: PoolScope, settlement: PoolSettlement, times: ServiceTimes) {
    this.address = scope.address;
    this.maxTellBytes = scope.services.limits.maxOutboxBytes;
    this.#scope = scope;
    this.#settlement = settlement;
    this.#times = times;
    this.#instances = new Instances(scope, this);
  }

  /** Makes the first instance. @throws what its constructor throws */
  prepare(): void {
    this.#instances.prepare();
  }

  /** Why the message is not run at all; its handler otherwise. */
  admit({ message, inbound, arrival }: Work): MethodDefinition | ActorError {
    const { definition, services } = this.#scope;
    const { limits, time } = services;
    if (inbound.withdrawn) return withdrawnBefore(message);
    const { redeliveries } = arrival.delivery;
    if (redeliveries >= maxRedeliveries) {
      const { to, handler } = message;
      return new FatalMessageError(`${to}.${handler}: ${redeliveries} workers died of it, or gave it back`);
    }
    const method = definition.methods.get(message.handler);
    if (!method) return unknownHandler(definition, message.handler);
    if (message.kind === "query" && method.kind !== "query") {
      return handlerInQuery(definition.name, message.handler);
    }
    const late = message.kind === "tell" ? undefined : tooLate(message, time.now(), limits.clockToleranceMs);
    return late ?? method;
  }

  /** Resolves once its code has ended, or may be taken to have; what becomes of the message comes after. */
  async run(work: Work, method: MethodDefinition): Promise<void> {
    const { services, metrics } = this.#scope;
    const { inbound, message } = work;
    const turn = new PoolTurn(this, inbound, method.kind, this.#spanOf(work));
    this.#turns.set(work, turn);
    let instance: object | undefined;
    let ending: () => Promise<void>;
    try {
      // An instance that never wakes must not keep its place for ever.
      services.timers.set(turn, method.timeoutMs);
      instance = await Promise.race([this.#instances.take(), turn.stopped]);
      services.watchdog?.running(this.address);
      metrics.began(inbound);
      services.timers.set(turn, method.timeoutMs);
      const called = instance;
      const args = argumentsOf(message, message.kind === "tell");
      const value = await Promise.race([turn.run(() => invoke(turn, method, called, args)), turn.stopped]);
      this.#instances.give(instance);
      ending = () => this.#settlement.succeeded(work, turn, value);
    } catch (error) {
      // Code of a turn that was stopped may still touch its instance.
      if (instance !== undefined && !turn.cutShort) this.#instances.give(instance);
      logFailure(services.log, turn, this.address, asActorError(error));
      ending = () => this.#settlement.failed(work, turn, error);
    }
    turn.end();
    services.timers.delete(turn);
    this.#turns.delete(work);
    metrics.ran(inbound);
    const now = services.ports.clock.monotonic();
    if (inbound.beganAt >= 0) this.#times.add(method.name, now - inbound.beganAt, now);
    void ending();
  }

  timeout(turn: PoolTurn): void {
    const { handler } = turn.inbound!.message;
    const timeoutMs = this.#scope.definition.methods.get(handler)?.timeoutMs;
    turn.stop(
      new TurnTimeoutError(`${turn.what} ran longer than ${timeoutMs} ms; raise its timeout, @Handler({ timeout })`),
    );
  }

  /** The caller withdrew a call that runs. */
  cancel(work: Work, reason: ActorError): void {
    this.#turns.get(work)?.abort(reason);
  }

  /** All that runs ends here, whatever its code still does. */
  stop(reason: ActorError): void {
    for (const turn of this.#turns.values()) turn.stop(reason);
  }

  #spanOf({ inbound }: Work) {
    const { tracing, time } = this.#scope.services;
    const { name } = this.#scope.definition;
    if (!tracing.on) return undefined;
    const place = { partition: poolQueue(name), mailbox: { name }, takeover: undefined };
    inbound.span = tracing.process(inbound, place, time.now());
    return inbound.span;
  }
}
