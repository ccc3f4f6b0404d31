import type { CounterName, HistogramName, LevelName } from "../model/instruments.js";

/**
 * What travels with a message so that its spans find each other: W3C `traceparent`, `tracestate`, `baggage`. Empty: its sender
 * decided that it is not traced, and nobody after it decides anew.
 */
export type TraceHeaders = Readonly<Record<string, string>>;
export type Attributes = Readonly<Record<string, string | number | boolean>>;

export interface SpanOptions {
  readonly kind: "internal" | "producer" | "consumer" | "client";
  /**
   * Absent: the span whose body runs now, or else a new trace begins. Headers: those of a received message. `none`: a new trace
   * begins in any case.
   */
  readonly parent?: TraceHeaders | "none" | undefined;
  readonly links?: readonly TraceHeaders[] | undefined;
  readonly attributes?: Attributes | undefined;
}

/** Names a span in logs; the names of the fields are those of OpenTelemetry's log correlation. */
export interface TraceIds {
  readonly trace_id: string;
  readonly span_id: string;
}

export interface Span {
  /** `false`: it is sampled out and keeps nothing, so attributes and events need not be built. */
  readonly recording: boolean;
  /** What travels with messages so that their spans become children of this one. */
  readonly headers: TraceHeaders;
  /** `undefined`: sampled out, there is nothing to find under them. */
  readonly ids: TraceIds | undefined;
  set(attribute: string, value: string | number | boolean): void;
  event(name: string, attributes?: Attributes): void;
  /** Runs `body` with this span as the current one, also for what it awaits and for libraries that look it up. */
  run<R>(body: () => R): R;
  /** Ends the span, once. */
  end(): void;
  /** Ends the span as failed, unless it has ended. */
  fail(error: unknown): void;
}

/** How the runtime tells what it does. Instruments are listed in `model/instruments.ts`; none is labelled by actor key. */
export interface Telemetry {
  /** `false`: nobody listens to spans, and the hot path skips building them. */
  readonly tracing: boolean;
  /** `false`: nobody listens to instruments, and the hot path reads no clock for them. */
  readonly measuring: boolean;
  /** The span of everything that a sender sampled out: it passes on that decision, also to libraries. */
  readonly sampledOut: Span;
  span(name: string, options: SpanOptions): Span;
  /** Adds to a counter, now and then. */
  count(instrument: CounterName, value: number, labels?: Attributes): void;
  /** A counter with fixed labels, for the hot path: keep it. */
  counter(instrument: CounterName, labels?: Attributes): (value: number) => void;
  /** A distribution with fixed labels, to be kept: takes one value (seconds, bytes, …) per call. */
  histogram(instrument: HistogramName, labels?: Attributes): (value: number) => void;
  /** Reads a level whenever somebody looks; returns how to stop it. */
  observe(instrument: LevelName, read: () => Iterable<{ value: number; labels?: Attributes }>): () => void;
}
