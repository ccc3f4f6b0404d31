/** What the environment asks the SDK for. */
export interface Asked {
  readonly traces: boolean;
  readonly metrics: boolean;
  readonly logs: boolean;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** What `OTEL_TRACES_EXPORTER` may name. */
export const traceExporters = ["otlp", "console", "zipkin", "none"] as const;
export type TraceExporter = (typeof traceExporters)[number];

/**
 * What the `OTEL_*` variables ask for. An endpoint for everything (`OTEL_EXPORTER_OTLP_ENDPOINT`) asks for traces alone; metrics
 * and logs want a word of their own (`OTEL_METRICS_EXPORTER`, `OTEL_EXPORTER_OTLP_METRICS_ENDPOINT`, and so for logs).
 */
export function askedFor(env: Environment): Asked {
  const disabled = env["OTEL_SDK_DISABLED"]?.trim().toLowerCase() === "true";
  const asked = (signal: "TRACES" | "METRICS" | "LOGS", general: string | undefined): boolean => {
    if (disabled) return false;
    const exporters = exporterNames(env[`OTEL_${signal}_EXPORTER`]);
    if (exporters.length > 0) return exporters.some((name) => name !== "none");
    return isSet(env[`OTEL_EXPORTER_OTLP_${signal}_ENDPOINT`]) || isSet(general);
  };
  return {
    traces: asked("TRACES", env["OTEL_EXPORTER_OTLP_ENDPOINT"]),
    metrics: asked("METRICS", undefined),
    logs: asked("LOGS", undefined),
  };
}

/** Whether there is anything to start `@actor-runtime/otel/sdk` for, which takes some 300 ms to load and, in a worker, 10 MB. */
export function isConfigured(env: Environment): boolean {
  const { traces, metrics, logs } = askedFor(env);
  return traces || metrics || logs;
}

/** Who gets the spans; nobody: it is empty. Names that nobody knows count as if they were not there. */
export function chosenTraceExporters(env: Environment): readonly Exclude<TraceExporter, "none">[] {
  if (!askedFor(env).traces) return [];
  const named = exporterNames(env["OTEL_TRACES_EXPORTER"]);
  const known = traceExporters.filter((name) => named.includes(name));
  return known.length > 0 ? known.filter((name) => name !== "none") : ["otlp"];
}

/** The names in a list of the environment; empty means unset, as OpenTelemetry has it. */
export function exporterNames(list: string | undefined): readonly string[] {
  return (list ?? "").split(",").flatMap((name) => name.trim() || []);
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value.trim() !== "";
}
