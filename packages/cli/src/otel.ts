/** Telemetry for `connect`, in programs that bring their own OpenTelemetry SDK. */
export { OtelTelemetry, type OtelTelemetryOptions } from "@actor-runtime/otel";
