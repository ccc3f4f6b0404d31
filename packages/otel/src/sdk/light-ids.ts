import { randomSpanId } from "../random-ids.js";

/** `0000` to `ffff`. */
const hex = Array.from({ length: 65_536 }, (_, number) => number.toString(16).padStart(4, "0"));

/**
 * Ids of traces, random in all their bytes, and the decision which of them are sampled: by the same rule as the SDK's
 * `TraceIdRatioBasedSampler`, but before the number becomes text.
 */
export class TraceIds {
  readonly #bound: number;

  /** @param ratio 0 to 1: the share of traces that is sampled. */
  constructor(ratio: number) {
    this.#bound = ratio === 1 ? 2 ** 32 : Math.floor(ratio * 0xffff_ffff);
  }

  /** A new id; `undefined`: its trace is sampled out. */
  next(): string | undefined {
    const a = random32();
    const b = random32();
    const c = random32();
    const d = random32();
    if ((a ^ b ^ c ^ d) >>> 0 >= this.#bound) return undefined;
    return text(a) + text(b) + text(c) + text(d);
  }

  samples(traceId: string): boolean {
    let folded = 0;
    for (let at = 0; at < 32; at += 8) folded ^= Number.parseInt(traceId.slice(at, at + 8), 16);
    return folded >>> 0 < this.#bound;
  }
}

/** Ids of spans: this process' random prefix and a counter, as they need only be unique within a trace. */
export class SpanIds {
  readonly #prefix = randomSpanId().slice(0, 8);
  #count = random32();

  next(): string {
    this.#count = (this.#count + 1) >>> 0;
    return this.#prefix + text(this.#count);
  }
}

function random32(): number {
  return (Math.random() * 2 ** 32) >>> 0;
}

function text(number: number): string {
  return hex[number >>> 16]! + hex[number & 0xffff]!;
}
