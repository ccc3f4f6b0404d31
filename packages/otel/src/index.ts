/**
 * Telemetry on OpenTelemetry, and metrics in the format of Prometheus.
 *
 * # Layout
 *
 * - `otel-telemetry`      spans and metrics through the OpenTelemetry API, for programs that bring their own SDK
 * - `otel-spans`, `otel-span`, `dropped-span`, `span-source`  spans: where they begin, what they are, what is left of those sampled out
 * - `origin`, `propagation`, `contexts`, `random-ids`  where a span comes from, and how that travels with messages
 * - `otel-metrics`        the catalogue of instruments on a meter of OpenTelemetry
 * - `prometheus-metrics`, `prometheus-name`, `label-sets`, `total`, `distribution`  the same for `/metrics`
 * - `halves`, `joined-telemetry`, `no-spans`  one telemetry out of spans from one side and metrics for several
 * - `configured`          the entry `@actor-runtime/otel/configured`: what the environment asks for, without loading anything
 * - `sdk`, `sdk/`         the entry `@actor-runtime/otel/sdk`: starts the SDK as the environment says, with light spans of our own
 */
export type { Metrics, Spans } from "./halves.js";
export { JoinedTelemetry } from "./joined-telemetry.js";
export { OtelTelemetry, type OtelTelemetryOptions } from "./otel-telemetry.js";
export { PrometheusMetrics, type PrometheusOptions } from "./prometheus-metrics.js";
