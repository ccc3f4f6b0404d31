import { type Context, propagation, ROOT_CONTEXT, trace } from "@opentelemetry/api";
import { Place } from "./place.js";

/** Where a span comes from: its parent, and what else was in the context of that one. */
export class Origin {
  /** Nothing: a new trace begins. */
  static readonly none = new Origin(undefined, ROOT_CONTEXT);

  /** `undefined`: a new trace begins. */
  readonly parent: Place | undefined;
  /** Whether the parent's own span is in it does not matter: it is for what goes on under another one. */
  readonly base: Context;

  constructor(parent: Place | undefined, base: Context) {
    this.parent = parent;
    this.base = base;
  }

  static in(context: Context): Origin {
    if (context === ROOT_CONTEXT) return Origin.none;
    const span = trace.getSpan(context);
    return new Origin(span instanceof Place ? span : span && Place.of(span.spanContext()), context);
  }

  /** With the parent as its span. */
  get context(): Context {
    return this.parent === undefined ? this.base : trace.setSpanContext(this.base, this.parent.spanContext());
  }
}

/** It has baggage, which travels on whether or not anything is traced. */
export function isLaden(context: Context): boolean {
  return context !== ROOT_CONTEXT && propagation.getBaggage(context) !== undefined;
}
