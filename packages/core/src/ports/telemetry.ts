/** W3C headers of a span: `traceparent`, `tracestate`, `baggage`. */
export type TraceHeaders = Readonly<Record<string, string>>;
export type Attributes = Readonly<Record<string, string | number | boolean>>;

export interface SpanOptions {
  readonly kind: "internal" | "producer" | "consumer" | "client";
  /** Headers of the parent: those of a received message or of the current span. Absent = a new trace. */
  readonly parent?: TraceHeaders;
  readonly links?: readonly TraceHeaders[];
  readonly attributes?: Attributes;
}

export interface Span {
  /** What travels with messages so that their spans become children of this one. */
  readonly headers: TraceHeaders | undefined;
  event(name: string, attributes?: Attributes): void;
  /** Runs `body` with this span as the current one for libraries that look it up. */
  run<R>(body: () => R): R;
  /** Ends the span once; with an error it ends as failed. */
  end(error?: unknown): void;
}

/** How the runtime tells what it does. Instruments are named in the runtime; values are never labelled by actor key. */
export interface Telemetry {
  /** `false`: nobody listens to spans, and the hot path skips building them. */
  readonly tracing: boolean;
  span(name: string, options: SpanOptions): Span;
  /** Adds to a counter. */
  count(instrument: string, value: number, labels?: Attributes): void;
  /** Records one value of a distribution (seconds, bytes, …). */
  record(instrument: string, value: number, labels?: Attributes): void;
  /** Reads a level whenever somebody looks; returns how to stop it. */
  observe(instrument: string, read: () => Iterable<{ value: number; labels?: Attributes }>): () => void;
}
