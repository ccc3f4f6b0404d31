import type { Kind, TraceSpan, Value, Values } from "./trace-span.js";

/** `ExportTraceServiceRequest` in JSON; what its writer leaves out when it is empty is optional. */
export interface ExportRequest {
  readonly resourceSpans?: readonly {
    readonly resource?: { readonly attributes?: Attributes };
    readonly scopeSpans?: readonly {
      readonly scope?: { readonly name?: string };
      readonly spans?: readonly JsonSpan[];
    }[];
  }[];
}

interface JsonSpan {
  readonly traceId?: string;
  readonly spanId?: string;
  readonly parentSpanId?: string;
  readonly name?: string;
  readonly kind?: number;
  readonly startTimeUnixNano?: string;
  readonly endTimeUnixNano?: string;
  readonly attributes?: Attributes;
  readonly events?: readonly { readonly name?: string; readonly attributes?: Attributes }[];
  readonly links?: readonly { readonly traceId?: string; readonly spanId?: string }[];
  readonly status?: { readonly code?: number };
}

type Attributes = readonly { readonly key?: string; readonly value?: AnyValue }[];

interface AnyValue {
  readonly stringValue?: string;
  readonly boolValue?: boolean;
  readonly intValue?: string | number;
  readonly doubleValue?: number;
  readonly arrayValue?: { readonly values?: readonly AnyValue[] };
}

/** By their numbers in OTLP. */
const kinds: readonly Kind[] = ["unspecified", "internal", "server", "client", "producer", "consumer"];
const statusError = 2;
const nanosecondsPerMs = 1_000_000n;

/** The spans of one export, each with where it comes from. */
export function spansOf({ resourceSpans = [] }: ExportRequest): TraceSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans = [] }) => {
    const from = valuesOf(resource?.attributes);
    return scopeSpans.flatMap(({ scope, spans = [] }) =>
      spans.map((span) => ({ ...spanOf(span), resource: from, scope: scope?.name ?? "" })),
    );
  });
}

function spanOf(span: JsonSpan): Omit<TraceSpan, "resource" | "scope"> {
  return {
    traceId: span.traceId ?? "",
    spanId: span.spanId ?? "",
    parentId: span.parentSpanId || undefined,
    name: span.name ?? "",
    kind: kinds[span.kind ?? 0] ?? "unspecified",
    startMs: msOf(span.startTimeUnixNano),
    endMs: msOf(span.endTimeUnixNano),
    attributes: valuesOf(span.attributes),
    events: (span.events ?? []).map(({ name = "", attributes }) => ({ name, attributes: valuesOf(attributes) })),
    links: (span.links ?? []).map(({ traceId = "", spanId = "" }) => ({ traceId, spanId })),
    failed: span.status?.code === statusError,
    open: false,
  };
}

function valuesOf(attributes: Attributes = []): Values {
  return Object.fromEntries(attributes.map(({ key = "", value = {} }) => [key, valueOf(value)]));
}

function valueOf({ stringValue, boolValue, intValue, doubleValue, arrayValue }: AnyValue): Value {
  if (arrayValue) return (arrayValue.values ?? []).map(valueOf);
  if (intValue !== undefined) return Number(intValue);
  return stringValue ?? boolValue ?? doubleValue ?? "";
}

/** Nanoseconds since 1970 pass what a number holds exactly; a 64-bit ms with fractions is good to 0.25 µs. */
function msOf(nanoseconds: string | undefined): number | undefined {
  if (nanoseconds === undefined) return undefined;
  const all = BigInt(nanoseconds);
  return Number(all / nanosecondsPerMs) + Number(all % nanosecondsPerMs) / Number(nanosecondsPerMs);
}
