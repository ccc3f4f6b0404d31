import type { Environment } from "./environment.js";
import type { SpanQueueOptions } from "./span-queue.js";

/**
 * `OTEL_BSP_*`, in spans and milliseconds. Where they say nothing, the queue is larger than OpenTelemetry's 2,048: it holds what a busy
 * worker ends in a third of a second, so that an export that is late loses nothing. Spans are on their way after one second, not
 * five, because somebody who follows a link to a trace wants to see it.
 */
export function queueLimitsFrom(env: Environment): Omit<SpanQueueOptions, "exporter" | "contexts" | "logger"> {
  const positive = (name: string) => env.number(name, { min: 1, max: 2 ** 31 - 1 });
  const maxSpans = positive("OTEL_BSP_MAX_QUEUE_SIZE") ?? 32_768;
  return {
    maxSpans,
    batchSpans: Math.min(positive("OTEL_BSP_MAX_EXPORT_BATCH_SIZE") ?? 2_048, maxSpans),
    // A busy event loop takes its time to see an answer; more spans would end meanwhile than one batch holds.
    maxExports: 4,
    delayMs: positive("OTEL_BSP_SCHEDULE_DELAY") ?? 1_000,
    timeoutMs: positive("OTEL_BSP_EXPORT_TIMEOUT") ?? 30_000,
  };
}
