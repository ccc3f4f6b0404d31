import type { TraceHeaders } from "@actor-runtime/core";
import type { RecordedSpan, RecordingTelemetry } from "@actor-runtime/embedded";
import type { SpanLink, TraceSpan } from "./trace-span.js";

/** What a system in this process told so far, as a receiver would have it. Nobody read a clock. */
export function recordedSpans({ spans }: RecordingTelemetry): readonly TraceSpan[] {
  return spans.map((span) => ({
    traceId: span.ids.trace_id,
    spanId: span.ids.span_id,
    parentId: span.parent,
    name: span.name,
    kind: span.options.kind,
    startMs: undefined,
    endMs: undefined,
    attributes: { ...span.attributes, ...errorTypeOf(span) },
    events: span.events,
    links: (span.options.links ?? []).map(linkOf),
    failed: span.error !== undefined,
    open: !span.ended,
    resource: {},
    scope: "recorded",
  }));
}

function errorTypeOf({ error }: RecordedSpan): Readonly<Record<string, string>> {
  return error === undefined ? {} : { "error.type": error instanceof Error ? error.name : typeof error };
}

function linkOf({ traceparent = "" }: TraceHeaders): SpanLink {
  const [, traceId = "", spanId = ""] = traceparent.split("-");
  return { traceId, spanId };
}
