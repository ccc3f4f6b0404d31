import type { SpanLimits } from "@opentelemetry/sdk-trace";
import type { Environment } from "./environment.js";

/** The bounds of a span, `OTEL_SPAN_*_LIMIT` and `OTEL_ATTRIBUTE_*_LIMIT`, with OpenTelemetry's defaults. */
export function spanLimitsFrom(env: Environment): Required<SpanLimits> {
  const limit = (name: string) => env.number(name, { min: 0, max: Number.MAX_SAFE_INTEGER });
  return {
    attributeCountLimit: limit("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT") ?? limit("OTEL_ATTRIBUTE_COUNT_LIMIT") ?? 128,
    attributeValueLengthLimit:
      limit("OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT") ??
      limit("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT") ??
      Number.POSITIVE_INFINITY,
    eventCountLimit: limit("OTEL_SPAN_EVENT_COUNT_LIMIT") ?? 128,
    linkCountLimit: limit("OTEL_SPAN_LINK_COUNT_LIMIT") ?? 128,
    attributePerEventCountLimit:
      limit("OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT") ?? limit("OTEL_SPAN_ATTRIBUTE_PER_EVENT_COUNT_LIMIT") ?? 128,
    attributePerLinkCountLimit:
      limit("OTEL_LINK_ATTRIBUTE_COUNT_LIMIT") ?? limit("OTEL_SPAN_ATTRIBUTE_PER_LINK_COUNT_LIMIT") ?? 128,
  };
}
