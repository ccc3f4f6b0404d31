import {
  type IExportTraceServiceResponse,
  type ISerializer,
  ProtobufTraceSerializer,
} from "@opentelemetry/otlp-transformer";
import type { ReadableSpan } from "@opentelemetry/sdk-trace";
import { LightSpan } from "./light-span.js";
import { LightSpanEncoder } from "./light-span-encoder.js";

/**
 * OTLP protobuf of any spans: the plain ones of ours by our encoder, all others, and those of ours with events, links or an
 * error, by the SDK's. Both give a whole message, and two protobuf messages in a row are one with the lists of both.
 */
export class TraceSerializer implements ISerializer<ReadableSpan[], IExportTraceServiceResponse> {
  #encoder: LightSpanEncoder | undefined;

  serializeRequest(spans: ReadableSpan[]): Uint8Array | undefined {
    const plain: LightSpan[] = [];
    const others: ReadableSpan[] = [];
    for (const span of spans) {
      if (span instanceof LightSpan && span.plain) plain.push(span);
      else others.push(span);
    }
    const parts: Uint8Array[] = [];
    const [first] = plain;
    if (first !== undefined) {
      this.#encoder ??= new LightSpanEncoder(first.resource, first.instrumentationScope);
      parts.push(this.#encoder.encode(plain));
    }
    const rest = others.length > 0 ? ProtobufTraceSerializer.serializeRequest(others) : undefined;
    if (rest !== undefined) parts.push(rest);
    return parts.length > 1 ? Buffer.concat(parts) : parts[0];
  }

  deserializeResponse(data: Uint8Array): IExportTraceServiceResponse {
    return ProtobufTraceSerializer.deserializeResponse(data);
  }
}
