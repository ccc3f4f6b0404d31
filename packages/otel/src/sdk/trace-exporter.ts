import { ConsoleSpanExporter } from "@opentelemetry/sdk-trace";
import { type TraceExporter, traceExporters } from "../configured.js";
import type { Environment } from "./environment.js";
import { OtlpExporter } from "./otlp-exporter.js";
import { type BatchExporter, ListExporter } from "./span-batch.js";

const protocols = ["http/protobuf", "http/json", "grpc"];
const makers: Readonly<Record<TraceExporter, ((env: Environment) => Promise<BatchExporter>) | undefined>> = {
  otlp: otlpExporter,
  console: async () => new ListExporter(new ConsoleSpanExporter()),
  zipkin: async () => new ListExporter(new (await import("@opentelemetry/exporter-zipkin")).ZipkinExporter()),
  none: undefined,
};

/** Whom `OTEL_TRACES_EXPORTER` names, by default an OTLP receiver; empty: nobody. */
export async function traceExportersFrom(env: Environment): Promise<readonly BatchExporter[]> {
  const names = env.someOf("OTEL_TRACES_EXPORTER", traceExporters) ?? (["otlp"] as const);
  return Promise.all(names.flatMap((name) => makers[name]?.(env) ?? []));
}

/** Whatever else the environment says of OTLP, the SDK's exporters read themselves. */
async function otlpExporter(env: Environment): Promise<BatchExporter> {
  const protocol =
    env.oneOf("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", protocols) ?? env.oneOf("OTEL_EXPORTER_OTLP_PROTOCOL", protocols);
  if (protocol === "grpc") {
    return new ListExporter(new (await import("@opentelemetry/exporter-trace-otlp-grpc")).OTLPTraceExporter());
  }
  env.checkUrl("OTEL_EXPORTER_OTLP_ENDPOINT");
  env.checkUrl("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT");
  if (protocol === "http/json") {
    return new ListExporter(new (await import("@opentelemetry/exporter-trace-otlp-http")).OTLPTraceExporter());
  }
  return new OtlpExporter();
}
