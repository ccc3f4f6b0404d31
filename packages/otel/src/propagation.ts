import type { TraceHeaders } from "@actor-runtime/core";
import {
  INVALID_SPANID,
  INVALID_TRACEID,
  propagation,
  ROOT_CONTEXT,
  type SpanContext,
  type TextMapGetter,
  type TextMapPropagator,
  type TextMapSetter,
  trace,
} from "@opentelemetry/api";
import { Origin } from "./origin.js";

/** What a sender may make us carry on: more baggage than this is dropped, the trace goes on without it. */
const maxHeaderLength = 8 * 1024;
const w3cFields = new Set(["traceparent", "tracestate", "baggage"]);
const traceparentForm = /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

/** Headers are a stranger's: what is not a short string is not there. */
const getter: TextMapGetter<TraceHeaders> = {
  keys: (headers) => Object.keys(headers),
  get: (headers, name) => {
    const value: unknown = Object.hasOwn(headers, name) ? headers[name] : undefined;
    return typeof value === "string" && value.length <= maxHeaderLength ? value : undefined;
  },
};

const setter: TextMapSetter<Record<string, string>> = {
  set: (headers, name, value) => {
    if (value.length <= maxHeaderLength) headers[name] = value;
  },
};

/**
 * How traces travel with messages: by the propagator given (default: the global one, as it is now). A lone `traceparent`, which is
 * what nearly all messages carry, is read and written here, as W3C Trace Context says; so it is where nobody set a propagator,
 * because headers that say nothing would mean that the sender does not trace.
 */
export class Propagation {
  readonly #propagator: TextMapPropagator;
  readonly #w3c: boolean;

  constructor(propagator: TextMapPropagator = propagation) {
    this.#propagator = propagator;
    this.#w3c = propagator.fields().every((field) => w3cFields.has(field));
  }

  /** Never throws: headers that make no sense are no parent. */
  read(headers: TraceHeaders): Origin {
    const span = this.#w3c ? parse(headers["traceparent"]) : undefined;
    const alone = headers["tracestate"] === undefined && headers["baggage"] === undefined;
    if (span !== undefined && alone) return new Origin(span, ROOT_CONTEXT);
    const origin = Origin.in(this.#propagator.extract(ROOT_CONTEXT, headers, getter));
    return origin.span === undefined && span !== undefined ? new Origin(span, origin.base) : origin;
  }

  /** The headers that make others children of `span`, which came from `origin`. */
  write(span: SpanContext, origin: Origin): TraceHeaders {
    if (this.#w3c && span.traceState === undefined && !origin.laden) return { traceparent: traceparent(span) };
    const headers: Record<string, string> = {};
    this.#propagator.inject(trace.setSpanContext(origin.base, span), headers, setter);
    // One for baggage alone, or for nothing, does not say what span it is.
    if (this.#w3c) headers["traceparent"] ??= traceparent(span);
    return headers;
  }
}

function parse(value: unknown): SpanContext | undefined {
  if (typeof value !== "string" || !traceparentForm.test(value)) return undefined;
  const traceId = value.slice(3, 35);
  const spanId = value.slice(36, 52);
  if (traceId === INVALID_TRACEID || spanId === INVALID_SPANID) return undefined;
  return { traceId, spanId, traceFlags: Number.parseInt(value.slice(53), 16), isRemote: true };
}

function traceparent({ traceId, spanId, traceFlags }: SpanContext): string {
  return `00-${traceId}-${spanId}-${traceFlags < 16 ? "0" : ""}${traceFlags.toString(16)}`;
}
