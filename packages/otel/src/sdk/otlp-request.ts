import { ProtobufTraceSerializer } from "@opentelemetry/otlp-transformer";
import type { ReadableSpan } from "@opentelemetry/sdk-trace";
import { LightSpan } from "./light-span.js";
import type { LightSpanEncoder } from "./light-span-encoder.js";
import type { ProtoWriter } from "./proto-writer.js";
import type { SpanBatch } from "./span-batch.js";

/**
 * A request of OTLP protobuf that grows as spans end: the plain ones of ours are bytes from then on, so that they die young and cost
 * the garbage collector nothing. All others, and those of ours with events, links or an error, are left to the SDK when the
 * request leaves. Both make a whole message, and two protobuf messages in a row are one with the lists of both.
 */
export class OtlpRequest implements SpanBatch {
  readonly #encoderOf: (span: LightSpan) => LightSpanEncoder;
  readonly #others: ReadableSpan[] = [];
  #encoder: LightSpanEncoder | undefined;
  #writer: ProtoWriter | undefined;
  #size = 0;

  constructor(encoderOf: (span: LightSpan) => LightSpanEncoder) {
    this.#encoderOf = encoderOf;
  }

  get size(): number {
    return this.#size;
  }

  add(span: ReadableSpan): void {
    this.#size++;
    if (!(span instanceof LightSpan && span.plain)) {
      this.#others.push(span);
      return;
    }
    this.#encoder ??= this.#encoderOf(span);
    this.#writer ??= this.#encoder.begin();
    this.#encoder.write(this.#writer, span);
  }

  /** The bytes of the request; nothing may be added after. `undefined`: there are none. */
  finish(): Uint8Array | undefined {
    const others = this.#others.length > 0 ? ProtobufTraceSerializer.serializeRequest(this.#others) : undefined;
    return this.#writer === undefined ? others : this.#encoder!.finish(this.#writer, others);
  }
}
