import type {
  Attributes,
  CounterName,
  HistogramName,
  LevelName,
  Span,
  SpanOptions,
  Telemetry,
} from "@actor-runtime/core";
import type { Metrics, Spans } from "./halves.js";
import { noSpans } from "./no-spans.js";

/**
 * One telemetry out of two halves: spans from one place (absent: nobody traces), metrics for any number of places.
 *
 * @example new JoinedTelemetry({ spans: sdk.telemetry, metrics: [prometheus, sdk.telemetry] })
 */
export class JoinedTelemetry implements Telemetry {
  readonly tracing: boolean;
  readonly measuring: boolean;
  readonly sampledOut: Span;
  readonly #spans: Spans;
  readonly #metrics: readonly Metrics[];

  constructor({
    spans = noSpans,
    metrics,
  }: { readonly spans?: Spans | undefined; readonly metrics: readonly Metrics[] }) {
    this.tracing = spans.tracing;
    this.measuring = metrics.some(({ measuring }) => measuring);
    this.sampledOut = spans.sampledOut;
    this.#spans = spans;
    this.#metrics = metrics;
  }

  span(name: string, options: SpanOptions): Span {
    return this.#spans.span(name, options);
  }

  count(instrument: CounterName, value: number, labels?: Attributes): void {
    for (const metrics of this.#metrics) metrics.count(instrument, value, labels);
  }

  counter(instrument: CounterName, labels?: Attributes): (value: number) => void {
    return toEach(this.#metrics.map((metrics) => metrics.counter(instrument, labels)));
  }

  histogram(instrument: HistogramName, labels?: Attributes): (value: number) => void {
    return toEach(this.#metrics.map((metrics) => metrics.histogram(instrument, labels)));
  }

  observe(instrument: LevelName, read: () => Iterable<{ value: number; labels?: Attributes }>): () => void {
    const stops = this.#metrics.map((metrics) => metrics.observe(instrument, read));
    return () => {
      for (const stop of stops) stop();
    };
  }
}

/** One of them, as it mostly is, is called without a loop around it. */
function toEach(receivers: readonly ((value: number) => void)[]): (value: number) => void {
  const [only, ...others] = receivers;
  if (only !== undefined && others.length === 0) return only;
  return (value) => {
    for (const receive of receivers) receive(value);
  };
}
