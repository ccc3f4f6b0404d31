import type { TraceHeaders } from "@actor-runtime/core";
import {
  type Context,
  propagation,
  ROOT_CONTEXT,
  type TextMapGetter,
  type TextMapPropagator,
  type TextMapSetter,
  trace,
} from "@opentelemetry/api";
import { isLaden, Origin } from "./origin.js";
import { Place } from "./place.js";

/** What a sender may make us carry on: more baggage than this is dropped, the trace goes on without it. */
const maxHeaderLength = 8 * 1024;
const w3cFields = new Set(["traceparent", "tracestate", "baggage"]);

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
    const parent = this.#w3c ? Place.parse(headers["traceparent"]) : undefined;
    const alone = headers["tracestate"] === undefined && headers["baggage"] === undefined;
    if (parent !== undefined && alone) return new Origin(parent, ROOT_CONTEXT);
    const origin = Origin.in(this.#propagator.extract(ROOT_CONTEXT, headers, getter));
    return origin.parent === undefined && parent !== undefined ? new Origin(parent, origin.base) : origin;
  }

  /** The headers that make others children of the span there; `base` is the context around it. */
  write(place: Place, base: Context): TraceHeaders {
    if (this.#w3c && place.traceState === undefined && !isLaden(base)) return { traceparent: place.traceparent };
    const headers: Record<string, string> = {};
    this.#propagator.inject(trace.setSpanContext(base, place.spanContext()), headers, setter);
    // One for baggage alone, or for nothing, does not say what span it is.
    if (this.#w3c) headers["traceparent"] ??= place.traceparent;
    return headers;
  }
}
