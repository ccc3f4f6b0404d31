const hex8 = () =>
  Math.floor(Math.random() * 2 ** 32)
    .toString(16)
    .padStart(8, "0");

/** An id of a trace, as W3C Trace Context wants it: 16 bytes in hex. */
export function randomTraceId(): string {
  return hex8() + hex8() + hex8() + hex8();
}

/** An id of a span: 8 bytes in hex. */
export function randomSpanId(): string {
  return hex8() + hex8();
}
