import type { Logger, Telemetry } from "@actor-runtime/core";
import { JoinedTelemetry, PrometheusMetrics } from "@actor-runtime/otel";
import { chosenTraceExporters, isConfigured } from "@actor-runtime/otel/configured";
import type { Sdk } from "@actor-runtime/otel/sdk";
import type { Settings } from "./config/settings.js";
import { otlpTarget } from "./doctor/otlp-target.js";
import { observeEventLoop } from "./event-loop-delay.js";
import type { MetricsPage } from "./ops/probes.js";

/** How long the last spans may take to leave. */
const flushMs = 3_000;

/** What a worker tells about itself, and to whom. */
export interface WorkerTelemetry {
  readonly telemetry: Telemetry;
  /** For whoever scrapes the worker. */
  readonly metrics: MetricsPage;
  /** Where its traces go, in words; `undefined`: nowhere. */
  readonly tracesTo: string | undefined;
  /** Sends what was not sent yet, for 3 s at most. */
  close(): Promise<void>;
}

/**
 * Metrics to be scraped in any case, and what the `OTEL_*` variables ask for. It has to come before the first file with actors
 * is imported: libraries look for the SDK when they are loaded.
 */
export async function startTelemetry(
  { otel, build }: Pick<Settings, "otel" | "build">,
  { workerId, log }: { readonly workerId: string; readonly log: Logger },
): Promise<WorkerTelemetry> {
  const metrics = new PrometheusMetrics({ logger: log });
  const sdk = otel && isConfigured(process.env) ? await loadSdk({ workerId, build, log }) : undefined;
  const telemetry = new JoinedTelemetry({
    spans: sdk?.telemetry,
    metrics: sdk?.telemetry.measuring ? [metrics, sdk.telemetry] : [metrics],
  });
  const stopObserving = observeEventLoop(telemetry);
  return {
    telemetry,
    metrics,
    tracesTo: telemetry.tracing ? destinationOf(process.env) : undefined,
    close: async () => {
      stopObserving();
      await sdk?.shutdown(flushMs);
    },
  };
}

/** Loaded here, because it takes some 300 ms and, in a worker, 10 MB. */
async function loadSdk({ workerId, build, log }: { workerId: string; build: string; log: Logger }): Promise<Sdk> {
  const { startSdk } = await import("@actor-runtime/otel/sdk");
  return startSdk({ workerId, build: build || undefined, logger: log });
}

/** Without user, password and path: it is logged. */
export function destinationOf(env: NodeJS.ProcessEnv): string {
  return chosenTraceExporters(env)
    .map((exporter) => (exporter === "otlp" ? otlpOrigin(env) : exporter))
    .join(", ");
}

function otlpOrigin(env: NodeJS.ProcessEnv): string {
  try {
    return otlpTarget("traces", env).url.origin;
  } catch {
    // The SDK warned of the variable and goes its own way.
    return "otlp";
  }
}
