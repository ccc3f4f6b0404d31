import { type FrameHeaders, maxFrameMessages, type Segment } from "@actor-runtime/core";

/**
 * The headers of a frame as AMQP headers. Segments travel as one JSON text, because amqplib spends several times as long on
 * nested AMQP tables: an array of `[stream, first, count, after, settled]`. A stream that was named before is a number, its
 * place among the streams in the order of their first mention: outboxes that take turns in a frame would repeat their names
 * hundreds of times.
 */
export interface WireHeaders {
  readonly v: number;
  readonly segments?: string;
  /** Instead of `segments`: so many bytes at the beginning of the body are their text. */
  readonly prefix?: number;
  readonly replyTo?: string;
  readonly sentAt?: number;
}

/** amqplib encodes headers in a buffer of 64 KiB; a longer text goes before the body. */
const maxHeaderText = 32 * 1024;
const utf8 = new TextDecoder("utf-8", { fatal: true });

/** @returns headers and body to publish */
export function encodeFrame(
  { v, segments, replyTo, sentAt }: FrameHeaders,
  body: Buffer,
): { headers: WireHeaders; content: Buffer } {
  const always = { v, ...(replyTo !== undefined && { replyTo }), ...(sentAt !== undefined && { sentAt }) };
  const text = segmentsText(segments);
  if (text.length <= maxHeaderText) return { headers: { ...always, segments: text }, content: body };
  const prefix = Buffer.from(text);
  return { headers: { ...always, prefix: prefix.length }, content: Buffer.concat([prefix, body]) };
}

/**
 * The frame that came. Headers that cannot be read, whoever wrote them, become no segments at all: nothing is known of the
 * numbers then, and the frame is buried as a whole (delivery.md O12).
 */
export function decodeFrame(
  wire: unknown,
  content: Buffer,
): { headers: FrameHeaders; body: Buffer; readable: boolean } {
  const { v, segments, prefix, replyTo, sentAt } = (wire ?? {}) as Record<keyof WireHeaders, unknown>;
  const version = isCount(v) ? v : 0;
  const always = {
    v: version,
    ...(typeof replyTo === "string" && { replyTo }),
    ...(typeof sentAt === "number" && Number.isFinite(sentAt) && { sentAt }),
  };
  try {
    if (typeof segments === "string") return readable(always, segments, content);
    if (isCount(prefix) && prefix <= content.length) {
      return readable(always, utf8.decode(content.subarray(0, prefix)), content.subarray(prefix));
    }
  } catch {
    // Said by `readable: false`.
  }
  return { headers: { v: version, segments: [] }, body: content, readable: false };
}

function readable(always: Omit<FrameHeaders, "segments">, text: string, body: Buffer) {
  return { headers: { ...always, segments: parseSegments(text) }, body, readable: always.v > 0 };
}

function segmentsText(segments: readonly Segment[]): string {
  let text = "[";
  const places = new Map<string, number>();
  for (const { stream, first, count, after, settled } of segments) {
    const place = places.get(stream);
    if (place === undefined) places.set(stream, places.size);
    text += `${text === "[" ? "[" : ",["}${place ?? JSON.stringify(stream)},${first},${count},${after},${settled}]`;
  }
  return `${text}]`;
}

function parseSegments(text: string): Segment[] {
  const rows: unknown = JSON.parse(text);
  if (!Array.isArray(rows)) throw new RangeError("segments must be an array");
  const streams: string[] = [];
  let messages = 0;
  return rows.map((row: unknown) => {
    if (!Array.isArray(row) || row.length !== 5) throw new RangeError("a segment has five parts");
    const [name, first, count, after, settled] = row as unknown[];
    if (typeof name === "string") streams.push(name);
    const stream = typeof name === "number" ? streams[name] : name;
    if (typeof stream !== "string" || stream === "") throw new RangeError("a segment names its stream");
    if (!isCount(first) || !isCount(count) || !isCount(after) || !isCount(settled)) {
      throw new RangeError("numbers of a segment are whole and not negative");
    }
    messages += count;
    if (count < 1 || after >= first || !Number.isSafeInteger(first + count) || messages > maxFrameMessages) {
      throw new RangeError("the numbers of a segment do not fit together");
    }
    return { stream, first, count, after, settled };
  });
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}
