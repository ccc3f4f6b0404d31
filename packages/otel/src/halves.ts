import type { Telemetry } from "@actor-runtime/core";

/** The half of a telemetry that traces. */
export type Spans = Pick<Telemetry, "tracing" | "sampledOut" | "span">;
/** The half of a telemetry that measures. */
export type Metrics = Pick<Telemetry, "measuring" | "count" | "counter" | "histogram" | "observe">;
