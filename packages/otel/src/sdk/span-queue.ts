import type { Logger } from "@actor-runtime/core";
import { TraceFlags } from "@opentelemetry/api";
import { ExportResultCode, suppressTracing } from "@opentelemetry/core";
import type { ReadableSpan, SpanExporter, SpanProcessor } from "@opentelemetry/sdk-trace";
import type { LazyContexts } from "./lazy-contexts.js";

/** So long nothing is lost before losing spans is said to be over. */
const quietMs = 10_000;

export interface SpanQueueOptions {
  readonly exporter: SpanExporter;
  readonly contexts: Pick<LazyContexts, "entered" | "active" | "with">;
  readonly logger: Pick<Logger, "warn" | "info">;
  /** Spans that wait at most; one more is dropped and counted. */
  readonly maxSpans: number;
  /** Spans of one export. */
  readonly batchSpans: number;
  /** Exports under way at once. */
  readonly maxExports: number;
  /** How long a lone span waits for company. */
  readonly delayMs: number;
  /** An export that takes longer has failed. */
  readonly timeoutMs: number;
}

/**
 * Where ended spans wait to be exported, in batches. Like the SDK's `BatchSpanProcessor`, but it has several exports under way, and says once
 * when spans begin to be lost, and once, with their number, when they no longer are.
 */
export class SpanQueue implements SpanProcessor {
  readonly #options: SpanQueueOptions;
  readonly #spans: ReadableSpan[] = [];
  #timer: NodeJS.Timeout | undefined;
  readonly #exports = new Set<Promise<void>>();
  /** How many spans are enough for another batch without waiting. */
  #enough: number;
  #closed = false;
  /** Spans lost since that was last said to be over. */
  #lost = 0;
  #lostAt = 0;

  constructor(options: SpanQueueOptions) {
    this.#options = options;
    this.#enough = options.batchSpans;
  }

  onStart(): void {}

  onEnd(span: ReadableSpan): void {
    if (this.#closed || (span.spanContext().traceFlags & TraceFlags.SAMPLED) === 0) return;
    if (this.#spans.length >= this.#options.maxSpans) {
      this.#lose(1, "they end faster than they can be exported");
      return;
    }
    this.#spans.push(span);
    if (this.#spans.length >= this.#enough) this.#fill();
    else if (this.#exports.size === 0) this.#exportLater();
  }

  /** Exports what has ended by now. */
  async forceFlush(): Promise<void> {
    this.#enough = 1;
    this.#fill();
    while (this.#exports.size > 0) await Promise.all(this.#exports);
    this.#enough = this.#options.batchSpans;
    await this.#options.exporter.forceFlush?.();
  }

  async shutdown(): Promise<void> {
    this.#closed = true;
    await this.forceFlush();
    await this.#options.exporter.shutdown();
    if (this.#lost > 0) this.#options.logger.warn({ lost: this.#lost }, "spans were lost");
  }

  /** Exports as long as enough spans wait, and as many batches at once as there may be. */
  #fill(): void {
    while (this.#spans.length >= this.#enough && this.#exports.size < this.#options.maxExports) this.#exportBatch();
  }

  #exportLater(): void {
    this.#timer ??= setTimeout(() => this.#exportBatch(), this.#options.delayMs).unref();
  }

  #exportBatch(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const batch = this.#spans.splice(0, this.#options.batchSpans);
    const exporting = this.#export(batch).then((failure) => {
      if (failure === undefined) this.#sayRecovered();
      else this.#lose(batch.length, failure);
      this.#exports.delete(exporting);
      this.#fill();
      if (this.#spans.length > 0 && this.#exports.size === 0) this.#exportLater();
    });
    this.#exports.add(exporting);
  }

  /** Never rejects; resolves to what went wrong. */
  #export(batch: ReadableSpan[]): Promise<string | undefined> {
    const { exporter, contexts, timeoutMs } = this.#options;
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(`no answer within ${timeoutMs} ms`), timeoutMs);
      const settle = (failure: string | undefined) => {
        clearTimeout(timer);
        resolve(failure);
      };
      const send = () =>
        exporter.export(batch, ({ code, error }) =>
          settle(code === ExportResultCode.SUCCESS ? undefined : (error?.message ?? "the exporter does not say why")),
        );
      try {
        // An export is not traced itself, or each would make the spans of the next. Whoever traces requests enters contexts.
        if (contexts.entered) contexts.with(suppressTracing(contexts.active()), send);
        else send();
      } catch (error) {
        settle(String(error));
      }
    });
  }

  #lose(spans: number, cause: string): void {
    if (this.#lost === 0) this.#options.logger.warn({ cause }, "spans are lost");
    this.#lost += spans;
    this.#lostAt = performance.now();
  }

  /** Not as soon as a batch gets through: while some do and some do not, nothing has recovered. */
  #sayRecovered(): void {
    if (this.#lost === 0 || performance.now() - this.#lostAt < quietMs) return;
    this.#options.logger.info({ lost: this.#lost }, "spans are exported again");
    this.#lost = 0;
  }
}
