import type { ExportResult } from "@opentelemetry/core";
import type { IOtlpExportDelegate } from "@opentelemetry/otlp-exporter-base";
import { convertLegacyHttpOptions, createOtlpHttpExportDelegate } from "@opentelemetry/otlp-exporter-base/node-http";
import { ProtobufTraceSerializer } from "@opentelemetry/otlp-transformer";
import type { LightSpan } from "./light-span.js";
import { LightSpanEncoder } from "./light-span-encoder.js";
import { OtlpRequest } from "./otlp-request.js";
import type { BatchExporter } from "./span-batch.js";

/** OTLP over `http/protobuf`. The SDK sends, by the environment's endpoint, headers, certificates, compression and timeout. */
export class OtlpExporter implements BatchExporter<OtlpRequest> {
  readonly #delegate: IOtlpExportDelegate<OtlpRequest>;
  #encoder: LightSpanEncoder | undefined;

  constructor() {
    this.#delegate = createOtlpHttpExportDelegate(
      convertLegacyHttpOptions({}, "TRACES", "v1/traces", { "Content-Type": "application/x-protobuf" }),
      {
        serializeRequest: (request: OtlpRequest) => request.finish(),
        deserializeResponse: (data) => ProtobufTraceSerializer.deserializeResponse(data),
      },
      "otlp_http_span_exporter",
      { name: "span", countItems: ({ size }) => size },
      undefined,
    );
  }

  newBatch(): OtlpRequest {
    return new OtlpRequest((span) => this.#encoderOf(span));
  }

  export(request: OtlpRequest, done: (result: ExportResult) => void): void {
    this.#delegate.export(request, done);
  }

  forceFlush(): Promise<void> {
    return this.#delegate.forceFlush();
  }

  shutdown(): Promise<void> {
    return this.#delegate.shutdown();
  }

  /** All light spans of a process are of one resource and scope. */
  #encoderOf({ resource, instrumentationScope }: LightSpan): LightSpanEncoder {
    this.#encoder ??= new LightSpanEncoder(resource, instrumentationScope);
    return this.#encoder;
  }
}
