import type { CounterName, Telemetry } from "@actor-runtime/core";
import { SilentTelemetry } from "@actor-runtime/embedded";

/** Adds up what processes count now and then, and nothing else. */
export class CountingTelemetry extends SilentTelemetry implements Telemetry {
  readonly #sums: Map<string, number>;

  /** @param sums by instrument, for all processes */
  constructor(sums: Map<string, number>) {
    super();
    this.#sums = sums;
  }

  override count(instrument?: CounterName, value = 1): void {
    if (instrument !== undefined) this.#sums.set(instrument, (this.#sums.get(instrument) ?? 0) + value);
  }
}
