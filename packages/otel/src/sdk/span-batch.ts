import type { ExportResult } from "@opentelemetry/core";
import type { ReadableSpan, SpanExporter } from "@opentelemetry/sdk-trace";

/** Ended spans that will be exported together. */
export interface SpanBatch {
  readonly size: number;
  add(span: ReadableSpan): void;
}

/** An exporter that says what it wants of spans when they end, so that it may keep less than the spans until they leave. */
export interface BatchExporter<B extends SpanBatch = SpanBatch> {
  newBatch(): B;
  export(batch: B, done: (result: ExportResult) => void): void;
  forceFlush(): Promise<void>;
  shutdown(): Promise<void>;
}

class SpanList implements SpanBatch {
  readonly spans: ReadableSpan[] = [];

  get size(): number {
    return this.spans.length;
  }

  add(span: ReadableSpan): void {
    this.spans.push(span);
  }
}

/** Any exporter of the SDK. */
export class ListExporter implements BatchExporter<SpanList> {
  readonly #exporter: SpanExporter;

  constructor(exporter: SpanExporter) {
    this.#exporter = exporter;
  }

  newBatch(): SpanList {
    return new SpanList();
  }

  export({ spans }: SpanList, done: (result: ExportResult) => void): void {
    this.#exporter.export(spans, done);
  }

  async forceFlush(): Promise<void> {
    await this.#exporter.forceFlush?.();
  }

  shutdown(): Promise<void> {
    return this.#exporter.shutdown();
  }
}
