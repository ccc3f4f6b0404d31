/**
 * Telemetry on OpenTelemetry, and metrics in the format of Prometheus.
 *
 * # Layout
 */
export type { Telemetry } from "@actor-runtime/core";
