import {
  type Attributes,
  type CounterName,
  counters,
  type HistogramName,
  histograms,
  type LevelName,
  levels,
} from "@actor-runtime/core";
import type { Counter, Histogram, Meter, ObservableCallback, ObservableGauge } from "@opentelemetry/api";
import type { Metrics } from "./halves.js";

/** The catalogue of instruments on a meter of OpenTelemetry; each is made when it is first used. */
export class OtelMetrics implements Metrics {
  readonly measuring = true;
  readonly #meter: Meter;
  readonly #counters = new Map<CounterName, Counter>();
  readonly #histograms = new Map<HistogramName, Histogram>();
  readonly #gauges = new Map<LevelName, ObservableGauge>();

  constructor(meter: Meter) {
    this.#meter = meter;
  }

  count(instrument: CounterName, value: number, labels?: Attributes): void {
    this.#counter(instrument).add(value, labels);
  }

  counter(instrument: CounterName, labels?: Attributes): (value: number) => void {
    const counter = this.#counter(instrument);
    return (value) => counter.add(value, labels);
  }

  histogram(instrument: HistogramName, labels?: Attributes): (value: number) => void {
    const histogram = madeOnce(this.#histograms, instrument, () => {
      const { unit, help: description, buckets } = histograms[instrument];
      const advice = { explicitBucketBoundaries: [...buckets] };
      return this.#meter.createHistogram(instrument, { unit, description, advice });
    });
    return (value) => histogram.record(value, labels);
  }

  observe(instrument: LevelName, read: () => Iterable<{ value: number; labels?: Attributes }>): () => void {
    const gauge = madeOnce(this.#gauges, instrument, () => {
      const { unit, help: description } = levels[instrument];
      return this.#meter.createObservableGauge(instrument, { unit, description });
    });
    const callback: ObservableCallback = (result) => {
      for (const { value, labels } of read()) result.observe(value, labels);
    };
    gauge.addCallback(callback);
    return () => gauge.removeCallback(callback);
  }

  #counter(instrument: CounterName): Counter {
    return madeOnce(this.#counters, instrument, () => {
      const { unit, help: description } = counters[instrument];
      return this.#meter.createCounter(instrument, { unit, description });
    });
  }
}

function madeOnce<K, V>(made: Map<K, V>, key: K, make: () => V): V {
  let value = made.get(key);
  if (value === undefined) {
    value = make();
    made.set(key, value);
  }
  return value;
}
