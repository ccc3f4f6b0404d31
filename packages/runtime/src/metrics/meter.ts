import type { Clock, Telemetry } from "@actor-runtime/core";
import type { StoreTime } from "../store-time.js";

/** What measuring takes. */
export interface Meter {
  readonly telemetry: Telemetry;
  readonly clock: Clock;
  readonly time: StoreTime;
}

/** A counter or a histogram whose labels are fixed. */
export type Instrument = (value: number) => void;
