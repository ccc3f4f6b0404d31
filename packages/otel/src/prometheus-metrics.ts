import {
  type Attributes,
  type CounterName,
  counters,
  type HistogramName,
  histograms,
  type Instrument,
  type LevelName,
  type Logger,
  levels,
} from "@actor-runtime/core";
import { type Metric, Registry } from "prom-client";
import { Distribution } from "./distribution.js";
import type { Metrics } from "./halves.js";
import { LabelSets, type Labels, usualMaxLabelSets } from "./label-sets.js";
import { prometheusName } from "./prometheus-name.js";
import { Total } from "./total.js";

export interface PrometheusOptions {
  /** How many sets of labels one instrument may have; further ones are counted together under `other`. @default 1000 */
  readonly maxLabelSets?: number;
  /** Is told once per instrument that it has reached that bound, and once per level that it could not be read. */
  readonly logger?: Pick<Logger, "warn">;
}

type Reading = Iterable<{ value: number; labels?: Attributes }>;
type Kind = "counter" | "histogram" | "gauge";

/** A line of the text: `metricName` only where it is not the instrument's own. */
interface Line {
  readonly metricName?: string;
  readonly labels: Labels;
  readonly value: number;
}

/**
 * The catalogue of instruments for `/metrics`. Values are added to plain numbers, which are read whenever somebody scrapes:
 * prom-client, whose own instruments look up their labels for every value (some 0.5 µs), only writes the text.
 */
export class PrometheusMetrics implements Metrics {
  readonly measuring = true;
  /** Ours alone, never prom-client's global one. More may be registered, for example `collectDefaultMetrics({ register })`. */
  readonly registry = new Registry();
  readonly #maxLabelSets: number;
  readonly #logger: Pick<Logger, "warn"> | undefined;
  readonly #warned = new Set<string>();
  readonly #counters: Record<CounterName, LabelSets<Total>>;
  readonly #histograms: Record<HistogramName, LabelSets<Distribution>>;
  readonly #readers: Record<LevelName, Set<() => Reading>>;

  constructor({ maxLabelSets = usualMaxLabelSets, logger }: PrometheusOptions = {}) {
    this.#maxLabelSets = maxLabelSets;
    this.#logger = logger;
    this.#counters = mapValues(counters, (counter, name) => {
      const totals = this.#sets(name, counter, () => new Total());
      // Without labels it is there from the beginning: a zero says more than a gap.
      if (counter.labels.length === 0) totals.of();
      this.#register(name, counter, "counter", () => linesOf(totals));
      return totals;
    });
    this.#histograms = mapValues(histograms, (histogram, name) => {
      const distributions = this.#sets(name, histogram, () => new Distribution(histogram.buckets));
      this.#register(name, histogram, "histogram", (metric) =>
        Array.from(distributions, ({ labels, value }) => distributionLines(metric, labels, value)).flat(),
      );
      return distributions;
    });
    this.#readers = mapValues(levels, (level, name) => {
      const readers = new Set<() => Reading>();
      this.#register(name, level, "gauge", () => this.#read(name, level, readers));
      return readers;
    });
  }

  /** Goes into the `Content-Type` of the answer. */
  get contentType(): string {
    return this.registry.contentType;
  }

  /** What a scrape gets. */
  text(): Promise<string> {
    return this.registry.metrics();
  }

  count(instrument: CounterName, value: number, labels?: Attributes): void {
    this.#counters[instrument].of(labels).value += value;
  }

  counter(instrument: CounterName, labels?: Attributes): (value: number) => void {
    const total = this.#counters[instrument].of(labels);
    return (value) => {
      total.value += value;
    };
  }

  histogram(instrument: HistogramName, labels?: Attributes): (value: number) => void {
    const distribution = this.#histograms[instrument].of(labels);
    return (value) => distribution.take(value);
  }

  observe(instrument: LevelName, read: () => Reading): () => void {
    // Its own function, so that the same reader given twice is stopped once each.
    const reader = () => read();
    this.#readers[instrument].add(reader);
    return () => this.#readers[instrument].delete(reader);
  }

  /** What several readers say about the same labels is added up; of times it is the longest. */
  #read(name: LevelName, level: Instrument, readers: Iterable<() => Reading>): readonly Line[] {
    const totals = this.#sets(name, level, () => new Total());
    for (const read of readers) {
      try {
        for (const { value, labels } of read()) {
          const total = totals.of(labels);
          total.value = level.unit === "s" ? Math.max(total.value, value) : total.value + value;
        }
      } catch (error) {
        this.#warnOnce(
          `read ${name}`,
          { instrument: name, error },
          "a level could not be read and is missing from /metrics",
        );
      }
    }
    return linesOf(totals);
  }

  #sets<T>(name: string, { labels }: Instrument, make: () => T): LabelSets<T> {
    return new LabelSets(labels, this.#maxLabelSets, make, () =>
      this.#warnOnce(
        `labels ${name}`,
        { instrument: name, maxLabelSets: this.#maxLabelSets },
        "an instrument has too many sets of labels; further ones are counted together as `other`",
      ),
    );
  }

  #warnOnce(about: string, fields: Readonly<Record<string, unknown>>, line: string): void {
    if (this.#warned.has(about)) return;
    this.#warned.add(about);
    this.#logger?.warn(fields, line);
  }

  #register(name: string, instrument: Instrument, type: Kind, lines: (metric: string) => readonly Line[]): void {
    const metric = prometheusName(name, instrument, type);
    const get = async () => ({ name: metric, help: instrument.help, type, values: lines(metric), aggregator: "sum" });
    // All that a registry asks of a metric; its types want one of prom-client's own classes.
    this.registry.registerMetric({ name: metric, get } as unknown as Metric);
  }
}

function linesOf(totals: LabelSets<Total>): readonly Line[] {
  return Array.from(totals, ({ labels, value: { value } }) => ({ labels, value }));
}

function distributionLines(metric: string, labels: Labels, distribution: Distribution): readonly Line[] {
  const buckets = Array.from(distribution.cumulated(), ({ bound, count }) => ({
    metricName: `${metric}_bucket`,
    labels: { ...labels, le: bound === Number.POSITIVE_INFINITY ? "+Inf" : String(bound) },
    value: count,
  }));
  return [
    ...buckets,
    { metricName: `${metric}_sum`, labels, value: distribution.sum },
    { metricName: `${metric}_count`, labels, value: buckets.at(-1)!.value },
  ];
}

function mapValues<K extends string, V, W>(record: Readonly<Record<K, V>>, map: (value: V, key: K) => W): Record<K, W> {
  return Object.fromEntries(
    (Object.entries(record) as [K, V][]).map(([key, value]) => [key, map(value, key)]),
  ) as Record<K, W>;
}
