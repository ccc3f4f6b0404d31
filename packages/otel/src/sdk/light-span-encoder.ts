import type { Attributes, AttributeValue, SpanKind } from "@opentelemetry/api";
import type { InstrumentationScope } from "@opentelemetry/core";
import type { Resource } from "@opentelemetry/resources";
import { writeAttribute, writeAttributes } from "./attribute-encoder.js";
import type { LightSpan } from "./light-span.js";
import { ProtoWriter } from "./proto-writer.js";

/** Ids, times and flags of a span, and its own tag and length. */
const fixedSize = 128;
/** Of a batch: most are between 16 KiB and 2 MiB. */
const lengthRoom = 3;
const hasIsRemote = 0x100;
const isRemote = 0x200;

interface Head {
  readonly name: string;
  readonly kind: SpanKind;
  readonly bytes: Buffer;
}

/**
 * Encodes spans as OTLP protobuf (`ExportTraceServiceRequest`, opentelemetry-proto 1.x), all of one resource and scope. What spans
 * share, name, kind and a frozen object of attributes, is encoded once and copied after that.
 */
export class LightSpanEncoder {
  readonly #resource: Buffer;
  readonly #scope: Buffer;
  readonly #heads = new WeakMap<Attributes, Head>();
  readonly #smallestSize: number;
  /** What the last request took and a little more: one that grows further is copied. */
  #usualSize: number;

  constructor(resource: Resource, scope: InstrumentationScope) {
    this.#resource = encoded(1, (writer) => writeAttributes(writer, 1, resource.attributes));
    this.#scope = encoded(1, (writer) => {
      writer.byte(0x0a);
      writer.string(scope.name);
      if (scope.version) {
        writer.reserve(1);
        writer.byte(0x12);
        writer.string(scope.version);
      }
    });
    this.#smallestSize = this.#resource.length + this.#scope.length + 4_096;
    this.#usualSize = this.#smallestSize;
  }

  /** A request without spans yet: resource_spans = 1 { resource = 1, scope_spans = 2 { scope = 1, spans = 2 } }. */
  begin(): ProtoWriter {
    const writer = new ProtoWriter(this.#usualSize);
    writer.byte(0x0a);
    writer.at += lengthRoom;
    writer.raw(this.#resource);
    writer.byte(0x12);
    writer.at += lengthRoom;
    writer.raw(this.#scope);
    return writer;
  }

  /** @param others another whole request, which becomes part of this one */
  finish(writer: ProtoWriter, others: Uint8Array | undefined): Buffer {
    writer.length(1 + lengthRoom + this.#resource.length + 1, lengthRoom);
    writer.length(1, lengthRoom);
    if (others !== undefined) {
      writer.reserve(others.length);
      writer.raw(others);
    }
    const request = writer.from(0);
    this.#usualSize = Math.max(this.#smallestSize, Math.ceil(1.1 * request.length));
    return request;
  }

  /** Only a plain span. */
  write(writer: ProtoWriter, span: LightSpan): void {
    const { parent, own } = span;
    const head = this.#head(span);
    writer.reserve(fixedSize + head.length);
    writer.byte(0x12);
    const start = writer.at;
    writer.at += 2;
    writer.byte(0x0a);
    writer.byte(16);
    writer.word(span.trace0);
    writer.word(span.trace1);
    writer.word(span.trace2);
    writer.word(span.trace3);
    writer.byte(0x12);
    writer.byte(8);
    writer.word(span.span0);
    writer.word(span.span1);
    if (parent !== undefined) {
      writer.byte(0x22);
      writer.byte(8);
      writer.word(parent.span0);
      writer.word(parent.span1);
    }
    writer.raw(head);
    writer.byte(0x39);
    writer.time(span.startedAtMs);
    writer.byte(0x41);
    writer.time(span.endedAtMs);
    for (let at = 0; at < own.length; at += 2) {
      writeAttribute(writer, 9, own[at] as string, own[at + 1] as AttributeValue);
    }
    writer.reserve(16);
    writer.byte(0x85);
    writer.byte(0x01);
    writer.fixed32(span.flags | hasIsRemote | (parent?.remote ? isRemote : 0));
    writer.length(start, 2);
  }

  /** name = 5, kind = 6, attributes = 9: those it shares with others. */
  #head({ shared, name, kind }: LightSpan): Buffer {
    const known = this.#heads.get(shared);
    if (known !== undefined && known.name === name && known.kind === kind) return known.bytes;
    const writer = new ProtoWriter(512);
    writer.byte(0x2a);
    writer.string(name);
    writer.reserve(2);
    writer.byte(0x30);
    // OTLP counts kinds from 1, where 0 is unspecified.
    writer.byte(kind + 1);
    writeAttributes(writer, 9, shared);
    const bytes = writer.from(0);
    this.#heads.set(shared, { name, kind, bytes });
    return bytes;
  }
}

/** A message in the field `field` of the one around it. */
function encoded(field: number, write: (writer: ProtoWriter) => void): Buffer {
  const writer = new ProtoWriter(256);
  writer.byte((field << 3) | 2);
  writer.at++;
  write(writer);
  writer.length(1, 1);
  return writer.from(0);
}
