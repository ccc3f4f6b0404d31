import { type SpanContext, TraceFlags, type TraceState } from "@opentelemetry/api";

/** Values of the hexadecimal digits by their character codes; 16 is none. */
const digits = new Uint8Array(256).fill(16);
/** Character codes of the two digits of every byte. */
const pairs = new Uint16Array(256);
for (let value = 0; value < 16; value++) digits[value.toString(16).charCodeAt(0)] = value;
for (let byte = 0; byte < 256; byte++) {
  const text = byte.toString(16).padStart(2, "0");
  pairs[byte] = (text.charCodeAt(0) << 8) | text.charCodeAt(1);
}

const traceparentLength = 55;
const traceAt = 3;
const spanAt = 36;
const flagsAt = 53;
/** Where text is taken apart, and where it is put together. */
const received = Buffer.alloc(traceparentLength);
const scratch = Buffer.from(`00-${"0".repeat(32)}-${"0".repeat(16)}-00`, "latin1");

/**
 * Where a span stands: the ids of its trace and its own. They are kept as signed numbers of 32 bits, which are part of the object;
 * text is made for those who read it.
 */
export class Place {
  readonly trace0: number;
  readonly trace1: number;
  readonly trace2: number;
  readonly trace3: number;
  readonly span0: number;
  readonly span1: number;
  readonly flags: number;
  /** It came with a message. */
  readonly remote: boolean;
  readonly traceState: TraceState | undefined;

  constructor(
    trace0: number,
    trace1: number,
    trace2: number,
    trace3: number,
    span0: number,
    span1: number,
    flags: number,
    remote: boolean,
    traceState: TraceState | undefined,
  ) {
    this.trace0 = trace0;
    this.trace1 = trace1;
    this.trace2 = trace2;
    this.trace3 = trace3;
    this.span0 = span0;
    this.span1 = span1;
    this.flags = flags;
    this.remote = remote;
    this.traceState = traceState;
  }

  /** `undefined`: it is nowhere, as the API's spans are that stand for none. */
  static of({ traceId, spanId, traceFlags, isRemote, traceState }: SpanContext): Place | undefined {
    return read(`00-${traceId}-${spanId}-00`.toLowerCase(), traceFlags, isRemote === true, traceState);
  }

  /** Of a W3C `traceparent`; `undefined`: it is none, or of a version that may mean something else. */
  static parse(text: unknown): Place | undefined {
    return typeof text === "string" ? read(text, undefined, true, undefined) : undefined;
  }

  /** Random ids. */
  static anywhere(flags: TraceFlags, remote: boolean): Place {
    return new Place(random32(), random32(), random32(), random32(), random32(), random32(), flags, remote, undefined);
  }

  /** What W3C Trace Context puts into a header. */
  get traceparent(): string {
    this.#writeTrace(traceAt);
    this.#writeSpan(spanAt);
    writeByte(this.flags, flagsAt);
    return scratch.toString("latin1", 0, traceparentLength);
  }

  get traceId(): string {
    this.#writeTrace(traceAt);
    return scratch.toString("latin1", traceAt, traceAt + 32);
  }

  get spanId(): string {
    this.#writeSpan(spanAt);
    return scratch.toString("latin1", spanAt, spanAt + 16);
  }

  spanContext(): SpanContext {
    const { traceId, spanId, flags: traceFlags, remote, traceState } = this;
    return { traceId, spanId, traceFlags, ...(remote && { isRemote: true }), ...(traceState && { traceState }) };
  }

  isInTraceOf({ trace0, trace1, trace2, trace3 }: Place): boolean {
    return this.trace0 === trace0 && this.trace1 === trace1 && this.trace2 === trace2 && this.trace3 === trace3;
  }

  unsampled(): Place {
    const { trace0, trace1, trace2, trace3, span0, span1, remote, traceState } = this;
    return new Place(trace0, trace1, trace2, trace3, span0, span1, TraceFlags.NONE, remote, traceState);
  }

  #writeTrace(at: number): void {
    writeWord(this.trace0, at);
    writeWord(this.trace1, at + 8);
    writeWord(this.trace2, at + 16);
    writeWord(this.trace3, at + 24);
  }

  #writeSpan(at: number): void {
    writeWord(this.span0, at);
    writeWord(this.span1, at + 8);
  }
}

export function random32(): number {
  return (Math.random() * 2 ** 32) | 0;
}

/** @param flags `undefined`: those of the text */
function read(
  text: string,
  flags: number | undefined,
  remote: boolean,
  traceState: TraceState | undefined,
): Place | undefined {
  if (text.length !== traceparentLength || !text.startsWith("00-")) return undefined;
  if (text[spanAt - 1] !== "-" || text[flagsAt - 1] !== "-") return undefined;
  // As UTF-8, of which nothing beyond ASCII looks like a digit. Character by character it took thrice as long.
  received.write(text);
  const trace0 = number(received, traceAt, traceAt + 8);
  const trace1 = number(received, traceAt + 8, traceAt + 16);
  const trace2 = number(received, traceAt + 16, traceAt + 24);
  const trace3 = number(received, traceAt + 24, traceAt + 32);
  const span0 = number(received, spanAt, spanAt + 8);
  const span1 = number(received, spanAt + 8, spanAt + 16);
  const sampled = flags ?? number(received, flagsAt, traceparentLength);
  if (Number.isNaN(trace0 + trace1 + trace2 + trace3 + span0 + span1 + sampled)) return undefined;
  if ((trace0 | trace1 | trace2 | trace3) === 0 || (span0 | span1) === 0) return undefined;
  return new Place(trace0, trace1, trace2, trace3, span0, span1, sampled, remote, traceState);
}

/** `NaN`: they are not all digits. */
function number(text: Uint8Array, start: number, end: number): number {
  let value = 0;
  let seen = 0;
  for (let at = start; at < end; at++) {
    const digit = digits[text[at]!]!;
    seen |= digit;
    value = (value << 4) | digit;
  }
  return seen > 15 ? Number.NaN : value;
}

function writeWord(value: number, at: number): void {
  writeByte(value >>> 24, at);
  writeByte((value >>> 16) & 0xff, at + 2);
  writeByte((value >>> 8) & 0xff, at + 4);
  writeByte(value & 0xff, at + 6);
}

function writeByte(value: number, at: number): void {
  const pair = pairs[value]!;
  scratch[at] = pair >>> 8;
  scratch[at + 1] = pair & 0xff;
}
