import type { Span, TraceHeaders } from "@actor-runtime/core";
import { type Context, ROOT_CONTEXT, TraceFlags, trace } from "@opentelemetry/api";
import type { Contexts } from "./contexts.js";
import type { Origin } from "./origin.js";
import { Place } from "./place.js";
import type { Propagation } from "./propagation.js";

abstract class Unrecorded implements Span {
  readonly recording = false;
  readonly ids = undefined;
  abstract readonly headers: TraceHeaders;
  abstract run<R>(body: () => R): R;

  set(): void {}

  event(): void {}

  end(): void {}

  fail(): void {}
}

/**
 * The span of everything whose sender said that it is not traced. Its body runs below a span that is not sampled, so that
 * libraries, asked for spans of their own, follow their parent and make none either.
 */
export class NothingSpan extends Unrecorded {
  readonly headers: TraceHeaders = Object.freeze({});
  /** Stands for nothing, and is known by its trace. */
  readonly place = dropped();
  readonly #contexts: Contexts;
  readonly #context: Context = trace.setSpanContext(ROOT_CONTEXT, this.place.spanContext());

  constructor(contexts: Contexts) {
    super();
    this.#contexts = contexts;
  }

  run<R>(body: () => R): R {
    return this.#contexts.with(this.#context, body);
  }
}

/** A span that was sampled out below a parent, or with baggage: both travel on, with the word that nothing is traced. */
export class DroppedSpan extends Unrecorded {
  readonly #origin: Origin;
  readonly #propagation: Propagation;
  readonly #contexts: Contexts;
  #found: Place | undefined;

  constructor(origin: Origin, propagation: Propagation, contexts: Contexts) {
    super();
    this.#origin = origin;
    this.#propagation = propagation;
    this.#contexts = contexts;
  }

  get headers(): TraceHeaders {
    return this.#propagation.write(this.#place, this.#origin.base);
  }

  run<R>(body: () => R): R {
    return this.#contexts.with(trace.setSpanContext(this.#origin.base, this.#place.spanContext()), body);
  }

  get #place(): Place {
    this.#found ??= this.#origin.parent?.unsampled() ?? dropped();
    return this.#found;
  }
}

function dropped(): Place {
  return Place.anywhere(TraceFlags.NONE, true);
}
