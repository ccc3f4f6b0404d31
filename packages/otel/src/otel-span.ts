import type { Attributes, Span, TraceHeaders, TraceIds } from "@actor-runtime/core";
import { type Span as ApiSpan, type Context, trace } from "@opentelemetry/api";
import type { Contexts } from "./contexts.js";
import { tellFailure } from "./failure.js";
import { Place } from "./place.js";
import type { Propagation } from "./propagation.js";

/** A span that an SDK records. */
export class OtelSpan implements Span {
  readonly recording = true;
  readonly #span: ApiSpan;
  readonly #base: Context;
  readonly #propagation: Propagation;
  readonly #contexts: Contexts;
  #headers: TraceHeaders | undefined;
  #ended = false;

  /** @param base the context around it */
  constructor(span: ApiSpan, base: Context, propagation: Propagation, contexts: Contexts) {
    this.#span = span;
    this.#base = base;
    this.#propagation = propagation;
    this.#contexts = contexts;
  }

  get headers(): TraceHeaders {
    if (this.#headers === undefined) {
      const place = Place.of(this.#span.spanContext());
      this.#headers = place === undefined ? {} : this.#propagation.write(place, this.#base);
    }
    return this.#headers;
  }

  get ids(): TraceIds {
    const { traceId, spanId } = this.#span.spanContext();
    return { trace_id: traceId, span_id: spanId };
  }

  set(attribute: string, value: string | number | boolean): void {
    this.#span.setAttribute(attribute, value);
  }

  event(name: string, attributes?: Attributes): void {
    this.#span.addEvent(name, attributes);
  }

  run<R>(body: () => R): R {
    return this.#contexts.with(trace.setSpan(this.#base, this.#span), body);
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#span.end();
  }

  fail(error: unknown): void {
    if (this.#ended) return;
    tellFailure(this.#span, error);
    this.end();
  }
}
