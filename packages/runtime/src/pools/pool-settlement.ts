import {
  type ActorError,
  attributes,
  messageBytes,
  replyText,
  retryDelayMs,
  valueOutcome,
  WorkerLostError,
} from "@actor-runtime/core";
import type { Outgoing } from "../client/outgoing.js";
import { answerText } from "../worker/answer-text.js";
import { deadFrameText, deadLetterText, logDeadLetter } from "../worker/dead-letter.js";
import { type Ending, endingOf, tellEnding } from "../worker/ending.js";
import { infrastructureWaitMs, isInfrastructure, mayRetry } from "../worker/fault.js";
import { asActorError, boundedOutcome } from "../worker/thrown.js";
import type { PoolScope } from "./pool-scope.js";
import type { Arrival } from "./pool-source.js";
import type { PoolTurn } from "./pool-turn.js";
import type { Work } from "./work.js";

/** What becomes of works. */
export interface PoolSettlementHost {
  /** Another attempt after this time. */
  later(work: Work, delayMs: number): void;
  /** It is done with, and acked. */
  done(work: Work): void;
  /** It is not settled here: it goes back where it came from. */
  left(work: Work): void;
  /** Came by a queue that ends with this worker. */
  isOwn(arrival: Arrival): boolean;
}

/** How messages of a stateless type end: each is acked once what follows from it is safe, and not before. */
export class PoolSettlement {
  readonly #scope: PoolScope;
  readonly #host: PoolSettlementHost;

  constructor(scope: PoolScope, host: PoolSettlementHost) {
    this.#scope = scope;
    this.#host = host;
  }

  /** The handler returned: what it told is sent first, then its answer. */
  async succeeded(work: Work, turn: PoolTurn, value: unknown): Promise<void> {
    const { message } = work;
    try {
      const wanted = value !== undefined && message.kind !== "tell";
      const valueText = wanted ? answerText(turn.what, value) : undefined;
      if (turn.tells.length > 0) await this.#scope.calls.publish(turn.tells);
      this.#reply(work, valueOutcome(valueText));
    } catch (error) {
      await this.#failed(work, error);
      return;
    }
    this.#ended(work, "ok");
    this.#host.done(work);
  }

  async failed(work: Work, turn: PoolTurn | undefined, thrown: unknown): Promise<void> {
    if (turn !== undefined) this.#scope.calls.drop(turn.tells, thrown);
    await this.#failed(work, thrown);
  }

  /** It is not run at all. */
  async refused(work: Work, refusal: ActorError): Promise<void> {
    await this.#end(work, refusal, "refused");
  }

  /** The frame could not be read (P13). */
  async unreadable(arrival: Arrival, cause: unknown): Promise<void> {
    const { services, definition } = this.#scope;
    const { name } = definition;
    const { frame } = arrival.delivery;
    services.log.error({ type: name, err: cause }, "a frame could not be read and became a dead letter");
    const text = deadFrameText(name, services.ports.random.id(), frame, cause, services.time.now());
    if (await this.#bury(text)) arrival.source.ack(arrival);
  }

  /** The turn failed, or could not begin: an ask gets the error, a tell another attempt or a dead letter. */
  async #failed(work: Work, thrown: unknown): Promise<void> {
    const { inbound, message } = work;
    const { services, definition, revoked } = this.#scope;
    if (revoked) {
      this.#giveBack(work);
      return;
    }
    const error = asActorError(thrown);
    const isTell = message.kind === "tell";
    const attempts = inbound.attempts + 1;
    if (isTell && isInfrastructure(error)) {
      this.#retry(work, inbound.attempts, infrastructureWaitMs, error);
    } else if (isTell && mayRetry(error) && attempts < definition.attempts) {
      const { limits, ports } = services;
      this.#retry(work, attempts, retryDelayMs(attempts, limits.retry, ports.random.next()), error);
    } else {
      await this.#end(work, thrown, endingOf(error, isTell));
    }
  }

  /** The last word about a message that has no value. */
  async #end(work: Work, thrown: unknown, ending: Ending): Promise<void> {
    const { inbound, message } = work;
    const { services, metrics } = this.#scope;
    const error = asActorError(thrown);
    if (message.kind === "tell") {
      if (!(await this.#bury(deadLetterText(inbound, thrown, services.time.now())))) {
        this.#host.left(work);
        return;
      }
      metrics.deadLetters(1);
      inbound.span?.event("dead_lettered");
      logDeadLetter(services.log, inbound, error);
    } else {
      this.#reply(work, boundedOutcome(thrown));
    }
    this.#ended(work, ending, error);
    this.#host.done(work);
  }

  #retry(work: Work, attempts: number, delayMs: number, error: ActorError): void {
    work.inbound.span?.event("retry scheduled", { [attributes.delay]: delayMs });
    this.#ended(work, "retried", error);
    work.again(attempts, Math.ceil(this.#scope.services.time.now() + delayMs));
    this.#host.later(work, delayMs);
  }

  /** The worker stops in the middle of it. Another one takes it, unless it came by the queue that ends with this one. */
  #giveBack(work: Work): void {
    const { message } = work;
    if (this.#host.isOwn(work.arrival)) {
      const lost = new WorkerLostError(`${message.to}.${message.handler}: its worker stopped before it ended`);
      this.#reply(work, boundedOutcome(lost));
    }
    this.#ended(work, "retried");
    this.#host.left(work);
  }

  #reply({ message }: Work, outcome: string): void {
    if (message.replyTo === undefined) return;
    this.#scope.services.replies.add(message.replyTo, replyText(message.call ?? "", outcome));
  }

  #ended({ inbound }: Work, ending: Ending, error?: ActorError): void {
    const { metrics, services } = this.#scope;
    const { tracing, ports } = services;
    if (ports.telemetry.measuring) metrics.ended(inbound, ending, undefined);
    const { span } = inbound;
    inbound.span = undefined;
    if (span?.recording) tracing.end(span, tellEnding(span, ending, error));
  }

  /** Resolves once the broker has the letter; `false`: this process ends before. */
  #bury(text: string): Promise<boolean> {
    const { services, definition } = this.#scope;
    return new Promise((resolve) => {
      services.lanes.lane(`dead:${definition.name}`).send(new Burial(text, resolve));
    });
  }
}

/** A dead letter on its way. It is never abandoned while its process lives. */
class Burial implements Outgoing {
  readonly bytes: number;
  readonly source = undefined;
  readonly isAsk = false;
  readonly done = true;
  readonly expiresAt = Number.POSITIVE_INFINITY;
  number = 0;

  constructor(
    readonly text: string,
    readonly settled: (buried: boolean) => void,
  ) {
    this.bytes = messageBytes(text);
  }

  confirmed(): void {
    this.settled(true);
  }

  abandoned(): void {
    this.settled(false);
  }
}
