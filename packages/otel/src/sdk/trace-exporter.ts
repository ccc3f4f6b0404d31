import { OTLPExporterBase } from "@opentelemetry/otlp-exporter-base";
import { convertLegacyHttpOptions, createOtlpHttpExportDelegate } from "@opentelemetry/otlp-exporter-base/node-http";
import { TraceExporterMetricsHelper } from "@opentelemetry/otlp-transformer";
import { ConsoleSpanExporter, type ReadableSpan, type SpanExporter } from "@opentelemetry/sdk-trace";
import type { Environment } from "./environment.js";
import { TraceSerializer } from "./trace-serializer.js";

const protocols = ["http/protobuf", "http/json", "grpc"];
const exporters: Readonly<Record<string, (env: Environment) => Promise<SpanExporter>>> = {
  otlp: otlpExporter,
  console: async () => new ConsoleSpanExporter(),
  zipkin: async () => new (await import("@opentelemetry/exporter-zipkin")).ZipkinExporter(),
};

/** Whom `OTEL_TRACES_EXPORTER` names, by default an OTLP receiver; `undefined`: nobody. */
export async function traceExportersFrom(env: Environment): Promise<readonly SpanExporter[]> {
  const names = env.someOf("OTEL_TRACES_EXPORTER", [...Object.keys(exporters), "none"]) ?? ["otlp"];
  return Promise.all(names.filter((name) => name !== "none").map((name) => exporters[name]!(env)));
}

/** Endpoint, headers, certificates, compression and timeout are read by the SDK's exporters themselves. */
async function otlpExporter(env: Environment): Promise<SpanExporter> {
  const protocol =
    env.oneOf("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", protocols) ?? env.oneOf("OTEL_EXPORTER_OTLP_PROTOCOL", protocols);
  if (protocol === "grpc") return new (await import("@opentelemetry/exporter-trace-otlp-grpc")).OTLPTraceExporter();
  env.checkUrl("OTEL_EXPORTER_OTLP_ENDPOINT");
  env.checkUrl("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT");
  if (protocol === "http/json") {
    return new (await import("@opentelemetry/exporter-trace-otlp-http")).OTLPTraceExporter();
  }
  return new OTLPExporterBase<ReadableSpan[]>(
    createOtlpHttpExportDelegate(
      convertLegacyHttpOptions({}, "TRACES", "v1/traces", { "Content-Type": "application/x-protobuf" }),
      new TraceSerializer(),
      "otlp_http_span_exporter",
      TraceExporterMetricsHelper,
      undefined,
    ),
  );
}
