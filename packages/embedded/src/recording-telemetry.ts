import type { Attributes, Span, SpanOptions, Telemetry, TraceHeaders } from "@actor-runtime/core";

/** A span as it was told; `ended` turns true once, `error` is what it ended with. */
export interface RecordedSpan {
  readonly name: string;
  readonly options: SpanOptions;
  readonly headers: TraceHeaders;
  readonly events: readonly { readonly name: string; readonly attributes: Attributes }[];
  readonly ended: boolean;
  readonly error: unknown;
}

/** One call of `count` or `record`. */
export interface Measurement {
  readonly instrument: string;
  readonly value: number;
  readonly labels: Attributes;
}

type Reading = Iterable<{ value: number; labels?: Attributes }>;

/** Keeps everything it is told, for tests to look at. It forgets nothing, so it is no telemetry for a long run. */
export class RecordingTelemetry implements Telemetry {
  readonly tracing = true;
  readonly spans: RecordedSpan[] = [];
  readonly counts: Measurement[] = [];
  readonly records: Measurement[] = [];
  readonly #levels = new Map<symbol, { instrument: string; read: () => Reading }>();

  span(name: string, options: SpanOptions): Span {
    const span = new SpanRecorder(name, options, this.spans.length + 1);
    this.spans.push(span);
    return span;
  }

  count(instrument: string, value: number, labels: Attributes = {}): void {
    this.counts.push({ instrument, value, labels });
  }

  record(instrument: string, value: number, labels: Attributes = {}): void {
    this.records.push({ instrument, value, labels });
  }

  observe(instrument: string, read: () => Reading): () => void {
    const key = Symbol(instrument);
    this.#levels.set(key, { instrument, read });
    return () => this.#levels.delete(key);
  }

  /** Everything counted under the instrument so far, all labels together. */
  total(instrument: string): number {
    let sum = 0;
    for (const count of this.counts) if (count.instrument === instrument) sum += count.value;
    return sum;
  }

  /** Looks at the levels of the instrument now. */
  levels(instrument: string): Measurement[] {
    return [...this.#levels.values()]
      .filter((level) => level.instrument === instrument)
      .flatMap((level) => Array.from(level.read(), ({ value, labels = {} }) => ({ instrument, value, labels })));
  }
}

class SpanRecorder implements Span, RecordedSpan {
  readonly headers: TraceHeaders;
  readonly events: { name: string; attributes: Attributes }[] = [];
  ended = false;
  error: unknown = undefined;

  constructor(
    readonly name: string,
    readonly options: SpanOptions,
    number: number,
  ) {
    const trace = options.parent?.["traceparent"]?.split("-")[1] ?? number.toString(16).padStart(32, "0");
    this.headers = { ...options.parent, traceparent: `00-${trace}-${number.toString(16).padStart(16, "0")}-01` };
  }

  event(name: string, attributes: Attributes = {}): void {
    this.events.push({ name, attributes });
  }

  run<R>(body: () => R): R {
    return body();
  }

  end(error?: unknown): void {
    if (this.ended) return;
    this.ended = true;
    this.error = error;
  }
}
