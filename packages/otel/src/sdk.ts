/**
 * `@actor-runtime/otel/sdk`: starts the OpenTelemetry SDK as the environment says. An entry of its own, because loading the SDK takes
 * some 300 ms and, in a worker, 10 MB: import it when `isConfigured(process.env)` says that there is anything to start.
 *
 * # Layout
 *
 * - `sdk/environment`, `sdk/sampling`, `sdk/span-limits`, `sdk/queue-limits`, `sdk/resource`  what the `OTEL_*` variables say
 * - `sdk/light-tracer`, `sdk/light-span`, `sdk/light-ids`, `sdk/epoch-clock`  the runtime's own spans, at a tenth of the cost of the SDK's
 * - `sdk/lazy-contexts`   the SDK's context manager, not switched on before somebody needs it
 * - `sdk/span-queue`      where ended spans, ours and the SDK's, wait for their export
 * - `sdk/trace-exporter`, `sdk/span-batch`  who gets them, and what they are until then
 * - `sdk/otlp-exporter`, `sdk/otlp-request`, `sdk/light-span-encoder`, `sdk/attribute-encoder`, `sdk/proto-writer`  OTLP protobuf, written as
 *   spans end, what they share encoded once
 * - `sdk/quiet-diagnostics`  the SDK's own warnings in our log
 */
import type { Logger, Telemetry } from "@actor-runtime/core";
import { context, DiagLogLevel, diag, metrics, propagation, trace } from "@opentelemetry/api";
import { setGlobalErrorHandler } from "@opentelemetry/core";
import { NodeSDK } from "@opentelemetry/sdk-node";
import { askedFor } from "./configured.js";
import { JoinedTelemetry } from "./joined-telemetry.js";
import { OtelMetrics } from "./otel-metrics.js";
import { OtelSpans } from "./otel-spans.js";
import { scope } from "./otel-telemetry.js";
import { Propagation } from "./propagation.js";
import { Environment } from "./sdk/environment.js";
import { LazyContexts } from "./sdk/lazy-contexts.js";
import { LightTracer } from "./sdk/light-tracer.js";
import { queueLimitsFrom } from "./sdk/queue-limits.js";
import { QuietDiagnostics } from "./sdk/quiet-diagnostics.js";
import { resourceFrom } from "./sdk/resource.js";
import { samplerOf, samplingFrom } from "./sdk/sampling.js";
import { spanLimitsFrom } from "./sdk/span-limits.js";
import { SpanQueue } from "./sdk/span-queue.js";
import { traceExportersFrom } from "./sdk/trace-exporter.js";

export interface SdkOptions {
  /** Becomes `service.instance.id`. */
  readonly workerId: string;
  /** Becomes `service.version`. */
  readonly build?: string | undefined;
  /** Gets what is wrong with the environment, and with exports: once per outage. */
  readonly logger: Logger;
}

export interface Sdk {
  readonly telemetry: Telemetry;
  /** Exports what is left and ends the SDK. Takes at most `capMs` (default 3,000) and never rejects. */
  readonly shutdown: (capMs?: number) => Promise<void>;
}

/**
 * Starts the SDK by the `OTEL_*` variables of this process, registers it with `@opentelemetry/api`, so that spans of the program
 * and its libraries join ours, and gives the telemetry for `connect`. Nothing is instrumented on its own: the runtime's spans cover
 * what amqplib and ioredis do.
 *
 * @throws ConfigError when an endpoint is no URL or headers have no names; what OpenTelemetry says to ignore is warned of.
 * @example const { telemetry, shutdown } = await startSdk({ workerId: "worker-1", logger });
 */
export async function startSdk({ workerId, build, logger }: SdkOptions): Promise<Sdk> {
  const asked = askedFor(process.env);
  const env = new Environment(process.env, logger);
  const [sampling, limits, resource] = [
    samplingFrom(env),
    spanLimitsFrom(env),
    await resourceFrom(env, workerId, build),
  ];
  for (const signal of ["", "TRACES_", "METRICS_", "LOGS_"]) env.checkHeaders(`OTEL_EXPORTER_OTLP_${signal}HEADERS`);
  const exporters = asked.traces ? await traceExportersFrom(env) : [];
  const contexts = new LazyContexts();
  const queues = exporters.map((exporter) => new SpanQueue({ exporter, contexts, logger, ...queueLimitsFrom(env) }));

  const diagnostics = new QuietDiagnostics(logger);
  // With OTEL_LOG_LEVEL the SDK sets a logger of its own.
  if (env.text("OTEL_LOG_LEVEL") === undefined) {
    diag.setLogger(diagnostics, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });
  }
  setGlobalErrorHandler((error) => diagnostics.error(error instanceof Error ? error.message : JSON.stringify(error)));
  const sdk = new NodeSDK({
    resource,
    autoDetectResources: false,
    sampler: samplerOf(sampling),
    spanLimits: limits,
    spanProcessors: queues,
    contextManager: contexts,
    ...(asked.metrics ? {} : { metricReaders: [] }),
    ...(asked.logs ? {} : { logRecordProcessors: [] }),
  });
  sdk.start();

  const carried = new Propagation();
  const tracer = new LightTracer({
    scope: { name: scope },
    resource,
    limits,
    sampling,
    propagation: carried,
    contexts,
    queues,
  });
  return {
    telemetry: new JoinedTelemetry({
      spans: queues.length > 0 ? new OtelSpans(tracer, carried, contexts) : undefined,
      metrics: asked.metrics ? [new OtelMetrics(metrics.getMeter(scope))] : [],
    }),
    shutdown: async (capMs = 3_000) => {
      const ended = sdk
        .shutdown()
        .catch((error: unknown) => logger.warn({ error }, "the OpenTelemetry SDK did not end well"));
      if (!(await within(capMs, ended))) {
        const spans = queues.reduce((sum, { missing }) => sum + missing, 0);
        logger.warn({ capMs, spans }, "not all telemetry could be exported before the end");
      }
      for (const api of [trace, metrics, propagation, context, diag]) api.disable();
    },
  };
}

async function within(ms: number, done: Promise<void>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), ms);
  });
  const inTime = await Promise.race([done.then(() => true), late]);
  clearTimeout(timer);
  return inTime;
}
