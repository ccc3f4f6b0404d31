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

/** One field on the wire, with the bytes of its value: those of a varint as they stand. */
interface WireField {
  readonly number: number;
  readonly bytes: Buffer;
}

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
  // Tags and lengths are small: no need of a BigInt.
  const readNumber = (): number => {
    for (let value = 0, factor = 1; ; factor *= 128) {
      const byte = bytes.readUInt8(at++);
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
    }
  };
  const varintLength = (): number => {
    for (let length = 1; ; length++) if (bytes.readUInt8(at + length - 1) < 0x80) return length;
  };
  while (at < bytes.length) {
    const tag = readNumber();
    const length = lengthOf(tag & 7, varintLength, readNumber);
    if (at + length > bytes.length) throw new RangeError(`a field of ${length} bytes at ${at} passes the end`);
    at += length;
    yield { number: tag >>> 3, bytes: bytes.subarray(at - length, at) };
  }
}

/** How many bytes the value of a field has, by its wire type. */
function lengthOf(wireType: number, varintLength: () => number, readNumber: () => number): number {
  switch (wireType) {
    case 0:
      return varintLength();
    case 1:
      return 8;
    case 2:
      return readNumber();
    case 5:
      return 4;
    default:
      throw new Error(`there is no wire type ${wireType} in proto3`);
  }
}

function varintOf(bytes: Buffer): bigint {
  return bytes.reduceRight((value, byte) => (value << 7n) | BigInt(byte & 0x7f), 0n);
}

function valueOf({ bytes }: WireField, type: FieldType): unknown {
  switch (type) {
    case "text":
      return bytes.toString("utf8");
    case "hex":
      return bytes.toString("hex");
    case "bool":
      return varintOf(bytes) !== 0n;
    case "enum":
      return Number(varintOf(bytes));
    case "int64":
      return BigInt.asIntN(64, varintOf(bytes)).toString();
    case "fixed64":
      return bytes.readBigUInt64LE().toString();
    case "double":
      return bytes.readDoubleLE();
    default:
      return decodeProtobuf(bytes, type);
  }
}
