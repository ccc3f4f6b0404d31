/** The wire format of Protocol Buffers, as far as OTLP uses it. @see https://protobuf.dev/programming-guides/encoding/ */

/** How the value of a field is read. A nested schema: a message. */
export type FieldType = "text" | "hex" | "bool" | "enum" | "int64" | "fixed64" | "double" | Schema;

export interface Field {
  readonly name: string;
  readonly type: FieldType;
  readonly repeated?: boolean;
}

/** Fields by number, looked up when they are met, so that a schema can hold itself. Others are skipped. */
export type Schema = () => Readonly<Record<number, Field>>;

/** One field on the wire: the bytes of its value, or the value of a varint. */
interface WireField {
  readonly number: number;
  readonly bytes: Buffer;
  readonly varint: bigint;
}

const none = Buffer.alloc(0);

/**
 * The message as the JSON mapping writes it: 64-bit integers are decimal strings.
 *
 * @throws RangeError when the bytes end within a field, Error for a wire type that proto3 does not have
 */
export function decodeProtobuf(bytes: Buffer, schema: Schema): Record<string, unknown> {
  const fields = schema();
  const message: Record<string, unknown> = {};
  for (const wire of fieldsOf(bytes)) {
    const field = fields[wire.number];
    if (!field) continue;
    const value = valueOf(wire, field.type);
    if (field.repeated) ((message[field.name] ??= []) as unknown[]).push(value);
    else message[field.name] = value;
  }
  return message;
}

/** The fields of one message, not looked into. */
export function* fieldsOf(bytes: Buffer): Generator<WireField> {
  let at = 0;
  const varint = (): bigint => {
    for (let value = 0n, shift = 0n; ; shift += 7n) {
      const byte = bytes.readUInt8(at++);
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  const take = (length: number): Buffer => {
    if (at + length > bytes.length) throw new RangeError(`a field of ${length} bytes at ${at} passes the end`);
    at += length;
    return bytes.subarray(at - length, at);
  };
  while (at < bytes.length) {
    const tag = Number(varint());
    const number = tag >>> 3;
    switch (tag & 7) {
      case 0:
        yield { number, bytes: none, varint: varint() };
        break;
      case 1:
        yield { number, bytes: take(8), varint: 0n };
        break;
      case 2:
        yield { number, bytes: take(Number(varint())), varint: 0n };
        break;
      case 5:
        yield { number, bytes: take(4), varint: 0n };
        break;
      default:
        throw new Error(`there is no wire type ${tag & 7} in proto3, at byte ${at}`);
    }
  }
}

function valueOf({ bytes, varint }: WireField, type: FieldType): unknown {
  switch (type) {
    case "text":
      return bytes.toString("utf8");
    case "hex":
      return bytes.toString("hex");
    case "bool":
      return varint !== 0n;
    case "enum":
      return Number(varint);
    case "int64":
      return BigInt.asIntN(64, varint).toString();
    case "fixed64":
      return bytes.readBigUInt64LE().toString();
    case "double":
      return bytes.readDoubleLE();
    default:
      return decodeProtobuf(bytes, type);
  }
}
