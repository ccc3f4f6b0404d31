import {
  type ActorError,
  AskTimeoutError,
  CancelledError,
  HandlerError,
  OverloadedError,
  RejectedError,
  type Telemetry,
} from "@actor-runtime/core";
import type { Instrument } from "./meter.js";
import { unknown } from "./type-metrics.js";

/** So many handlers of a type may have a name before they give an answer: an actor that cannot wake fails whatever it is asked. */
const maxFailedNames = 100;

type AskOutcome = "ok" | "rejected" | "timeout" | "overloaded" | "cancelled" | "failed";

/** How long this process' asks and queries take, as their callers see it. */
export class AskMetrics {
  readonly #telemetry: Telemetry;
  /** Histograms by outcome, for each handler that is known to exist, by type. */
  readonly #types = new Map<string, Map<string, Map<AskOutcome, Instrument>>>();

  constructor(telemetry: Telemetry) {
    this.#telemetry = telemetry;
  }

  /** `false`: nobody looks, so no clock need be read. */
  get on(): boolean {
    return this.#telemetry.measuring;
  }

  /** @param ms from the call until its answer or error */
  ended(type: string, handler: string, error: ActorError | undefined, ms: number): void {
    const outcome = outcomeOf(error);
    let handlers = this.#types.get(type);
    if (handlers === undefined) this.#types.set(type, (handlers = new Map()));
    let name = handler;
    let outcomes = handlers.get(name);
    if (outcomes === undefined) {
      // A name from outside becomes a label only once a handler has answered to it.
      const answered = error instanceof RejectedError || error instanceof HandlerError;
      if (error !== undefined && !(answered && handlers.size < maxFailedNames)) name = unknown;
      outcomes = handlers.get(name);
      if (outcomes === undefined) handlers.set(name, (outcomes = new Map()));
    }
    let histogram = outcomes.get(outcome);
    if (histogram === undefined) {
      histogram = this.#telemetry.histogram("actor.ask.duration", { type, handler: name, outcome });
      outcomes.set(outcome, histogram);
    }
    histogram(ms / 1_000);
  }
}

function outcomeOf(error: ActorError | undefined): AskOutcome {
  if (error === undefined) return "ok";
  if (error instanceof RejectedError) return "rejected";
  if (error instanceof AskTimeoutError) return "timeout";
  if (error instanceof OverloadedError) return "overloaded";
  if (error instanceof CancelledError) return "cancelled";
  return "failed";
}
