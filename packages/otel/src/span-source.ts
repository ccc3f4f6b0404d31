import type { Attributes } from "@actor-runtime/core";
import type { Link, Span, SpanKind, Tracer } from "@opentelemetry/api";
import type { Origin } from "./origin.js";

/** Makes the spans of OpenTelemetry: any tracer does, and the SDK's entry has a lighter one. */
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
  constructor(readonly tracer: Tracer) {}

  begin(
    name: string,
    kind: SpanKind,
    origin: Origin,
    attributes: Attributes | undefined,
    links: Link[],
  ): Span | undefined {
    const span = this.tracer.startSpan(name, { kind, attributes: attributes ?? {}, links }, origin.context);
    return span.isRecording() ? span : undefined;
  }
}
