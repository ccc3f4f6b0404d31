import type { Attributes, Span, TraceHeaders, TraceIds } from "@actor-runtime/core";
import { attributes as names } from "@actor-runtime/core";
import { type Span as ApiSpan, SpanStatusCode, trace } from "@opentelemetry/api";
import type { Contexts } from "./contexts.js";
import type { Origin } from "./origin.js";
import type { Propagation } from "./propagation.js";

/** A span that somebody records. */
export class OtelSpan implements Span {
  readonly recording = true;
  readonly #span: ApiSpan;
  readonly #origin: Origin;
  readonly #propagation: Propagation;
  readonly #contexts: Contexts;
  #headers: TraceHeaders | undefined;
  #ended = false;

  constructor(span: ApiSpan, origin: Origin, propagation: Propagation, contexts: Contexts) {
    this.#span = span;
    this.#origin = origin;
    this.#propagation = propagation;
    this.#contexts = contexts;
  }

  get headers(): TraceHeaders {
    this.#headers ??= this.#propagation.write(this.#span.spanContext(), this.#origin);
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
    return this.#contexts.with(trace.setSpan(this.#origin.base, this.#span), body);
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#span.end();
  }

  fail(error: unknown): void {
    if (this.#ended) return;
    const { name, message, stack } = error instanceof Error ? error : new NotAnError(error);
    this.#span.setAttribute(names.errorType, name);
    // Not the error itself: its code would take the place of its class.
    this.#span.recordException(stack === undefined ? { name, message } : { name, message, stack });
    this.#span.setStatus({ code: SpanStatusCode.ERROR, message });
    this.end();
  }
}

/** What was thrown instead of an error; `_OTHER` is OpenTelemetry's word for it. */
class NotAnError {
  readonly name = "_OTHER";
  readonly message: string;
  readonly stack = undefined;

  constructor(thrown: unknown) {
    this.message = typeof thrown === "string" ? thrown : `thrown: ${typeof thrown}`;
  }
}
