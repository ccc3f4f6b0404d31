import type { Attributes, Span } from "@actor-runtime/core";
import type { Link, SpanKind, Tracer } from "@opentelemetry/api";
import type { Contexts } from "./contexts.js";
import type { Origin } from "./origin.js";
import { OtelSpan } from "./otel-span.js";
import type { Propagation } from "./propagation.js";

/** Makes spans that are recorded: any tracer of OpenTelemetry does, and the SDK's entry has a lighter one. */
export interface SpanSource {
  /** `undefined`: sampled out. */
  begin(
    name: string,
    kind: SpanKind,
    origin: Origin,
    attributes: Attributes | undefined,
    links: Link[],
  ): Span | undefined;
}

/** Spans of any tracer of the API. */
export class TracerSource implements SpanSource {
  readonly #tracer: Tracer;
  readonly #propagation: Propagation;
  readonly #contexts: Contexts;

  constructor(tracer: Tracer, propagation: Propagation, contexts: Contexts) {
    this.#tracer = tracer;
    this.#propagation = propagation;
    this.#contexts = contexts;
  }

  begin(
    name: string,
    kind: SpanKind,
    origin: Origin,
    attributes: Attributes | undefined,
    links: Link[],
  ): Span | undefined {
    const span = this.#tracer.startSpan(name, { kind, attributes: attributes ?? {}, links }, origin.context);
    return span.isRecording() ? new OtelSpan(span, origin.base, this.#propagation, this.#contexts) : undefined;
  }
}
