import {
  type ContextManager,
  context,
  type Meter,
  metrics,
  type TextMapPropagator,
  type Tracer,
  trace,
} from "@opentelemetry/api";
import { JoinedTelemetry } from "./joined-telemetry.js";
import { OtelMetrics } from "./otel-metrics.js";
import { OtelSpans } from "./otel-spans.js";
import { Propagation } from "./propagation.js";
import { TracerSource } from "./span-source.js";

/** Each is by default the one registered with `@opentelemetry/api` by then. */
export interface OtelTelemetryOptions {
  readonly tracer?: Tracer | undefined;
  readonly propagator?: TextMapPropagator | undefined;
  readonly contextManager?: ContextManager | undefined;
  readonly meter?: Meter | undefined;
}

/** The name under which our spans and instruments are found. */
export const scope = "actor-runtime";

/**
 * Telemetry through the OpenTelemetry API, for programs that have an SDK of their own: start that first.
 *
 * @example
 * new NodeSDK({ traceExporter }).start();
 * const system = await connect({ actors: [Account], telemetry: new OtelTelemetry() });
 */
export class OtelTelemetry extends JoinedTelemetry {
  constructor(options: OtelTelemetryOptions = {}) {
    const propagation = new Propagation(options.propagator);
    const contexts = options.contextManager ?? context;
    const source = new TracerSource(options.tracer ?? trace.getTracer(scope), propagation, contexts);
    super({
      spans: new OtelSpans(source, propagation, contexts),
      metrics: [new OtelMetrics(options.meter ?? metrics.getMeter(scope))],
    });
  }
}
