import { type Context, propagation, ROOT_CONTEXT, type SpanContext, trace } from "@opentelemetry/api";

/** Where a span comes from: its parent, and the context in which that one ran. */
export class Origin {
  /** Nothing: a new trace begins. */
  static readonly none = new Origin(undefined, ROOT_CONTEXT);

  /** `undefined`: a new trace begins. */
  readonly span: SpanContext | undefined;
  #context: Context | undefined;

  /** Without a context it is one that holds the span alone, made when somebody asks: most spans of messages never do. */
  constructor(span: SpanContext | undefined, context?: Context) {
    this.span = span;
    this.#context = context;
  }

  static in(context: Context): Origin {
    const span = trace.getSpanContext(context);
    return span === undefined && context === ROOT_CONTEXT ? Origin.none : new Origin(span, context);
  }

  get context(): Context {
    this.#context ??= trace.setSpanContext(ROOT_CONTEXT, this.span!);
    return this.#context;
  }

  /** It has baggage, which travels on whether or not anything is traced. */
  get laden(): boolean {
    return (
      this.#context !== undefined &&
      this.#context !== ROOT_CONTEXT &&
      propagation.getBaggage(this.#context) !== undefined
    );
  }
}
