import type { CounterName, Telemetry } from "@actor-runtime/core";
import { SilentTelemetry } from "@actor-runtime/embedded";

/** The instrument of `countReplays`. */
export const replays = "chaos.replays";

/** Sums by instrument. */
export type Totals = Readonly<Record<string, number>>;

/** Keeps the sums of counters, and nothing else. */
export class CountingTelemetry implements Telemetry {
  readonly tracing = false;
  readonly measuring = true;
  readonly #silent = new SilentTelemetry();
  readonly sampledOut = this.#silent.sampledOut;
  readonly #totals: Record<string, number> = {};
  readonly #changed: () => void;

  /** @param changed called after each change */
  constructor(changed: () => void = () => {}) {
    this.#changed = changed;
  }

  get totals(): Totals {
    return this.#totals;
  }

  count(instrument: CounterName | typeof replays, value: number): void {
    this.#totals[instrument] = (this.#totals[instrument] ?? 0) + value;
    this.#changed();
  }

  span() {
    return this.#silent.span();
  }

  counter(instrument: CounterName): (value: number) => void {
    return (value) => this.count(instrument, value);
  }

  histogram() {
    return this.#silent.histogram();
  }

  observe() {
    return this.#silent.observe();
  }
}

/** The sums of several together. */
export function sumOf(all: readonly Totals[]): Totals {
  const sum: Record<string, number> = {};
  for (const [instrument, value] of all.flatMap((totals) => Object.entries(totals))) {
    sum[instrument] = (sum[instrument] ?? 0) + value;
  }
  return sum;
}
