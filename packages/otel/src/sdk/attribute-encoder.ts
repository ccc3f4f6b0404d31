import type { Attributes, AttributeValue } from "@opentelemetry/api";
import { ProtoWriter } from "./proto-writer.js";

/** Room for a key value's tag, lengths and number. */
const overhead = 32;
const maxKnownKeys = 1_000;
/** Encoded keys (field 1 of KeyValue): there are a dozen different ones. */
const keys = new Map<string, Buffer>();

/** `field` is the number of the repeated KeyValue in the message around it. */
export function writeAttributes(writer: ProtoWriter, field: number, attributes: Attributes): void {
  for (const key in attributes) {
    const value = attributes[key];
    if (value !== undefined) writeAttribute(writer, field, key, value);
  }
}

/** One KeyValue: `key = 1`, `value = 2`. */
export function writeAttribute(writer: ProtoWriter, field: number, key: string, value: AttributeValue): void {
  const encodedKey = keys.get(key) ?? encodeKey(key);
  writer.reserve(encodedKey.length + overhead);
  writer.byte((field << 3) | 2);
  const start = writer.at++;
  writer.raw(encodedKey);
  writer.byte(0x12);
  const valueStart = writer.at++;
  writeValue(writer, value);
  writer.length(valueStart, 1);
  writer.length(start, 1);
}

/** AnyValue: string 1, bool 2, int 3, double 4, array 5. */
function writeValue(writer: ProtoWriter, value: AttributeValue | null | undefined): void {
  if (typeof value === "string") {
    writer.byte(0x0a);
    writer.string(value);
  } else if (typeof value === "number") {
    if (Number.isInteger(value) && Math.abs(value) < 2 ** 63) {
      writer.byte(0x18);
      writer.int64(value);
    } else {
      writer.byte(0x21);
      writer.double(value);
    }
  } else if (typeof value === "boolean") {
    writer.byte(0x10);
    writer.byte(value ? 1 : 0);
  } else if (Array.isArray(value)) {
    writer.byte(0x2a);
    const start = writer.at++;
    for (const item of value) {
      writer.reserve(overhead);
      writer.byte(0x0a);
      const itemStart = writer.at++;
      writeValue(writer, item);
      writer.length(itemStart, 1);
    }
    writer.length(start, 1);
  }
}

function encodeKey(key: string): Buffer {
  const writer = new ProtoWriter(64);
  writer.byte(0x0a);
  writer.string(key);
  const encoded = writer.from(0);
  if (keys.size < maxKnownKeys) keys.set(key, encoded);
  return encoded;
}
