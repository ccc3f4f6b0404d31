import {
  type Attributes,
  type CounterName,
  counters,
  type HistogramName,
  histograms,
  type LevelName,
  levels,
} from "@actor-runtime/core";
import { diag, type Histogram, type Meter, type ObservableCallback, type ObservableGauge } from "@opentelemetry/api";
import type { Metrics } from "./halves.js";
import { LabelSets, usualMaxLabelSets } from "./label-sets.js";
import { Total } from "./total.js";

/**
 * The catalogue of instruments on a meter of OpenTelemetry; each is made when it is first used. Counters are plain numbers that
 * the SDK reads when it exports: to add to one of the SDK's own takes a microsecond.
 */
export class OtelMetrics implements Metrics {
  readonly measuring = true;
  readonly #meter: Meter;
  readonly #counters = new Map<CounterName, LabelSets<Total>>();
  readonly #histograms = new Map<HistogramName, Histogram>();
  readonly #gauges = new Map<LevelName, ObservableGauge>();

  constructor(meter: Meter) {
    this.#meter = meter;
  }

  count(instrument: CounterName, value: number, labels?: Attributes): void {
    this.#total(instrument, labels).value += value;
  }

  counter(instrument: CounterName, labels?: Attributes): (value: number) => void {
    const total = this.#total(instrument, labels);
    return (value) => {
      total.value += value;
    };
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

  #total(instrument: CounterName, labels: Attributes | undefined): Total {
    return madeOnce(this.#counters, instrument, () => {
      const { unit, help: description, labels: names } = counters[instrument];
      const totals = new LabelSets(
        names,
        usualMaxLabelSets,
        () => new Total(),
        () =>
          diag.warn(
            `${instrument} has more than ${usualMaxLabelSets} sets of labels; further ones are counted as "other"`,
          ),
      );
      this.#meter.createObservableCounter(instrument, { unit, description }).addCallback((result) => {
        for (const set of totals) result.observe(set.value.value, set.labels);
      });
      return totals;
    }).of(labels);
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
