const two32 = 2 ** 32;
const double = new Float64Array(1);
const doubleBytes = new Uint8Array(double.buffer);

/** Writes the pieces of a protobuf message (proto3 wire format) into a buffer that grows. */
export class ProtoWriter {
  #bytes: Buffer;
  at = 0;

  constructor(size: number) {
    this.#bytes = Buffer.allocUnsafeSlow(size);
  }

  /** What was written from `start` on; further writing does not touch it. */
  from(start: number): Buffer {
    return this.#bytes.subarray(start, this.at);
  }

  /** Makes room: everything else here writes without asking for it. */
  reserve(size: number): void {
    if (this.at + size <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(2 * this.#bytes.length, this.at + size));
    this.#bytes.copy(grown, 0, 0, this.at);
    this.#bytes = grown;
  }

  byte(value: number): void {
    this.#bytes[this.at++] = value;
  }

  /** A whole number; a negative one takes ten bytes. */
  int64(value: number): void {
    if (value >= 0) {
      this.varint(value);
      return;
    }
    let rest = BigInt.asUintN(64, BigInt(value));
    for (; rest >= 0x80n; rest >>= 7n) this.byte(Number(rest & 0x7fn) | 0x80);
    this.byte(Number(rest));
  }

  /** A whole number below 2^63 that is not negative. */
  varint(value: number): void {
    let rest = value;
    while (rest >= two32) {
      this.byte((rest % 128) | 0x80);
      rest = Math.floor(rest / 128);
    }
    rest >>>= 0;
    while (rest >= 0x80) {
      this.byte((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    this.byte(rest);
  }

  fixed32(value: number): void {
    const bytes = this.#bytes;
    bytes[this.at++] = value & 0xff;
    bytes[this.at++] = (value >>> 8) & 0xff;
    bytes[this.at++] = (value >>> 16) & 0xff;
    bytes[this.at++] = value >>> 24;
  }

  /** Nanoseconds since 1970 as 64 bits, which a double cannot hold: 2^16 s at a time. */
  time(ms: number): void {
    const seconds = Math.floor(ms / 1_000);
    const nanoseconds = Math.round((ms - seconds * 1_000) * 1e6);
    const upper = Math.floor(seconds / 65_536) * 1e9;
    const lower = (upper % 65_536) * 65_536 + (seconds % 65_536) * 1e9 + nanoseconds;
    this.fixed32((lower % two32) >>> 0);
    this.fixed32(Math.floor(upper / 65_536) + Math.floor(lower / two32));
  }

  /** Little-endian, as all machines that run Node.js are. */
  double(value: number): void {
    double[0] = value;
    this.raw(doubleBytes);
  }

  raw(source: Uint8Array): void {
    this.#bytes.set(source, this.at);
    this.at += source.length;
  }

  /** 32 bits, the highest first, as in ids. */
  word(value: number): void {
    const bytes = this.#bytes;
    bytes[this.at++] = value >>> 24;
    bytes[this.at++] = (value >>> 16) & 0xff;
    bytes[this.at++] = (value >>> 8) & 0xff;
    bytes[this.at++] = value & 0xff;
  }

  /** Its length and its UTF-8; makes the room itself. */
  string(text: string): void {
    const { length } = text;
    this.reserve(3 * length + 5);
    if (length < 128) {
      const bytes = this.#bytes;
      const start = this.at + 1;
      let at = 0;
      for (; at < length; at++) {
        const code = text.charCodeAt(at);
        if (code >= 128) break;
        bytes[start + at] = code;
      }
      if (at === length) {
        bytes[this.at] = length;
        this.at = start + length;
        return;
      }
    }
    this.varint(Buffer.byteLength(text));
    this.at += this.#bytes.write(text, this.at);
  }

  /**
   * Writes the length of a message before it. Its place takes `room` bytes from `lengthAt` on; a message that is shorter than
   * that is moved, because there is one right way to write a length.
   */
  length(lengthAt: number, room: number): void {
    const start = lengthAt + room;
    const length = this.at - start;
    const size = length < 0x80 ? 1 : length < 0x4000 ? 2 : length < 0x20_0000 ? 3 : length < 0x1000_0000 ? 4 : 5;
    if (size !== room) {
      if (size > room) this.reserve(size - room);
      this.#bytes.copyWithin(lengthAt + size, start, this.at);
    }
    this.at = lengthAt;
    this.varint(length);
    this.at += length;
  }
}
