import { type Context, propagation, ROOT_CONTEXT, type SpanContext, trace } from "@opentelemetry/api";

/** Where a span comes from: its parent, and what else was in the context of that one. */
export class Origin {
  /** Nothing: a new trace begins. */
  static readonly none = new Origin(undefined, ROOT_CONTEXT);

  /** `undefined`: a new trace begins. */
  readonly span: SpanContext | undefined;
  /** Whether the parent's own span is in it does not matter: it is for what goes on under another one. */
  readonly base: Context;

  constructor(span: SpanContext | undefined, base: Context) {
    this.span = span;
    this.base = base;
  }

  static in(context: Context): Origin {
    return context === ROOT_CONTEXT ? Origin.none : new Origin(trace.getSpanContext(context), context);
  }

  /** With the parent as its span. */
  get context(): Context {
    return this.span === undefined ? this.base : trace.setSpanContext(this.base, this.span);
  }

  /** It has baggage, which travels on whether or not anything is traced. */
  get laden(): boolean {
    return this.base !== ROOT_CONTEXT && propagation.getBaggage(this.base) !== undefined;
  }
}
