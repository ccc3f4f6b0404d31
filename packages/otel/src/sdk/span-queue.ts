import type { Logger } from "@actor-runtime/core";
import { TraceFlags } from "@opentelemetry/api";
import { ExportResultCode, suppressTracing } from "@opentelemetry/core";
import type { ReadableSpan, SpanProcessor } from "@opentelemetry/sdk-trace";
import type { LazyContexts } from "./lazy-contexts.js";
import type { BatchExporter, SpanBatch } from "./span-batch.js";

/** So long nothing is lost before losing spans is said to be over. */
const quietMs = 10_000;

export interface SpanQueueOptions {
  readonly exporter: BatchExporter;
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
  /** Full ones, and the one that fills. */
  readonly #batches: SpanBatch[] = [];
  #filling: SpanBatch;
  /** Spans in all of them. */
  #waiting = 0;
  #timer: NodeJS.Timeout | undefined;
  readonly #exports = new Set<Promise<void>>();
  /** Spans under way. */
  #exporting = 0;
  #closed = false;
  /** Spans lost since that was last said to be over. */
  #lost = 0;
  #lostAt = 0;

  constructor(options: SpanQueueOptions) {
    this.#options = options;
    this.#filling = options.exporter.newBatch();
  }

  /** How many spans nobody has: those lost since that was last said to be over, and those that are not exported yet. */
  get missing(): number {
    return this.#lost + this.#waiting + this.#exporting;
  }

  onStart(): void {}

  onEnd(span: ReadableSpan): void {
    if ((span.spanContext().traceFlags & TraceFlags.SAMPLED) !== 0) this.add(span);
  }

  /** A span that is sampled. */
  add(span: ReadableSpan): void {
    if (this.#closed) return;
    if (this.#waiting >= this.#options.maxSpans) {
      this.#lose(1, "they end faster than they can be exported");
      return;
    }
    this.#filling.add(span);
    this.#waiting++;
    if (this.#filling.size >= this.#options.batchSpans) this.#exportFilling();
    else this.#exportLater();
  }

  /** Exports what has ended by now. */
  async forceFlush(): Promise<void> {
    this.#exportFilling();
    while (this.#exports.size > 0) await Promise.all(this.#exports);
    await this.#options.exporter.forceFlush();
  }

  async shutdown(): Promise<void> {
    this.#closed = true;
    await this.forceFlush();
    await this.#options.exporter.shutdown();
    if (this.#lost > 0) this.#options.logger.warn({ lost: this.#lost }, "spans were lost");
  }

  /** A batch that could not leave then goes on filling: thousands of small ones would take more room than their spans. */
  #exportLater(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      if (this.#exports.size < this.#options.maxExports) this.#exportFilling();
    }, this.#options.delayMs).unref();
  }

  #exportFilling(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#filling.size === 0) return;
    this.#batches.push(this.#filling);
    this.#filling = this.#options.exporter.newBatch();
    this.#exportNext();
  }

  /** As many batches at once as there may be. */
  #exportNext(): void {
    while (this.#exports.size < this.#options.maxExports) {
      const batch = this.#batches.shift();
      if (batch === undefined) return;
      this.#waiting -= batch.size;
      this.#exporting += batch.size;
      const exporting = this.#export(batch).then((failure) => {
        this.#exporting -= batch.size;
        if (failure === undefined) this.#sayRecovered();
        else this.#lose(batch.size, failure);
        this.#exports.delete(exporting);
        this.#exportNext();
        if (this.#filling.size > 0) this.#exportLater();
      });
      this.#exports.add(exporting);
    }
  }

  /** Never rejects; resolves to what went wrong. */
  #export(batch: SpanBatch): Promise<string | undefined> {
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
