import { AsyncLocalStorage } from "node:async_hooks";
import type {
  Attributes,
  CounterName,
  HistogramName,
  LevelName,
  Span,
  SpanOptions,
  Telemetry,
  TraceHeaders,
  TraceIds,
} from "@actor-runtime/core";

/** A span as it was told; `ended` turns true once, `error` is what it ended with. */
export interface RecordedSpan {
  readonly name: string;
  readonly options: SpanOptions;
  readonly ids: TraceIds;
  /** The `span_id` of its parent; `undefined`: it begins a trace. */
  readonly parent: string | undefined;
  /** Those it began with and those set later. */
  readonly attributes: Attributes;
  readonly events: readonly { readonly name: string; readonly attributes: Attributes }[];
  readonly ended: boolean;
  readonly error: unknown;
}

/** One value that was counted or recorded. */
export interface Measurement {
  readonly instrument: string;
  readonly value: number;
  readonly labels: Attributes;
}

type Reading = Iterable<{ value: number; labels?: Attributes }>;

/** The headers that the current body's span gives its messages. */
const current = new AsyncLocalStorage<TraceHeaders | undefined>();

/**
 * Keeps everything it is told, for tests to look at. It forgets nothing, so it is no telemetry for a long run. Trace and span
 * ids count up from 1.
 */
export class RecordingTelemetry implements Telemetry {
  readonly tracing = true;
  readonly measuring = true;
  readonly sampledOut: Span = new SampledOut();
  readonly spans: RecordedSpan[] = [];
  readonly counts: Measurement[] = [];
  readonly records: Measurement[] = [];
  readonly #levels = new Map<symbol, { instrument: string; read: () => Reading }>();

  span(name: string, options: SpanOptions): Span {
    const parent = options.parent === "none" ? undefined : (options.parent ?? current.getStore());
    if (parent !== undefined && Object.keys(parent).length === 0) return this.sampledOut;
    const span = new SpanRecorder(name, options, parent, this.spans.length + 1);
    this.spans.push(span);
    return span;
  }

  count(instrument: CounterName, value: number, labels: Attributes = {}): void {
    this.counts.push({ instrument, value, labels });
  }

  counter(instrument: CounterName, labels?: Attributes): (value: number) => void {
    return (value) => this.count(instrument, value, labels);
  }

  histogram(instrument: HistogramName, labels: Attributes = {}): (value: number) => void {
    return (value) => this.records.push({ instrument, value, labels });
  }

  observe(instrument: LevelName, read: () => Reading): () => void {
    const key = Symbol(instrument);
    this.#levels.set(key, { instrument, read });
    return () => this.#levels.delete(key);
  }

  /** Spans that were begun and not ended. */
  get open(): RecordedSpan[] {
    return this.spans.filter(({ ended }) => !ended);
  }

  /** Everything counted under the instrument so far, all labels together. */
  total(instrument: CounterName): number {
    let sum = 0;
    for (const count of this.counts) if (count.instrument === instrument) sum += count.value;
    return sum;
  }

  /** Looks at the levels of the instrument now. */
  levels(instrument: LevelName): Measurement[] {
    return [...this.#levels.values()]
      .filter((level) => level.instrument === instrument)
      .flatMap((level) => Array.from(level.read(), ({ value, labels = {} }) => ({ instrument, value, labels })));
  }
}

class SampledOut implements Span {
  readonly recording = false;
  readonly headers: TraceHeaders = {};
  readonly ids = undefined;

  set(): void {}

  event(): void {}

  run<R>(body: () => R): R {
    return current.run(this.headers, body);
  }

  end(): void {}

  fail(): void {}
}

class SpanRecorder implements Span, RecordedSpan {
  readonly recording = true;
  readonly headers: TraceHeaders;
  readonly ids: TraceIds;
  readonly parent: string | undefined;
  readonly attributes: Record<string, string | number | boolean>;
  readonly events: { name: string; attributes: Attributes }[] = [];
  ended = false;
  error: unknown = undefined;

  constructor(
    readonly name: string,
    readonly options: SpanOptions,
    parent: TraceHeaders | undefined,
    number: number,
  ) {
    const [, trace, span] = parent?.["traceparent"]?.split("-") ?? [];
    this.parent = span;
    this.ids = {
      trace_id: trace ?? number.toString(16).padStart(32, "0"),
      span_id: number.toString(16).padStart(16, "0"),
    };
    this.headers = { ...parent, traceparent: `00-${this.ids.trace_id}-${this.ids.span_id}-01` };
    this.attributes = { ...options.attributes };
  }

  set(attribute: string, value: string | number | boolean): void {
    this.attributes[attribute] = value;
  }

  event(name: string, attributes: Attributes = {}): void {
    this.events.push({ name, attributes });
  }

  run<R>(body: () => R): R {
    return current.run(this.headers, body);
  }

  end(): void {
    this.ended = true;
  }

  fail(error: unknown): void {
    if (this.ended) return;
    this.error = error;
    this.end();
  }
}
