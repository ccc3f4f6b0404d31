/**
 * Ids of traces, random in all their bytes, and the decision which of them are sampled: by the same rule as the SDK's
 * `TraceIdRatioBasedSampler`, but before the number becomes text.
 */
export class TraceIds {
  readonly #bound: number;
  readonly #bytes = Buffer.alloc(16);

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
    this.#bytes.writeUInt32BE(a, 0);
    this.#bytes.writeUInt32BE(b, 4);
    this.#bytes.writeUInt32BE(c, 8);
    this.#bytes.writeUInt32BE(d, 12);
    return this.#bytes.toString("hex");
  }

  samples(traceId: string): boolean {
    let folded = 0;
    for (let at = 0; at < 32; at += 8) folded ^= Number.parseInt(traceId.slice(at, at + 8), 16);
    return folded >>> 0 < this.#bound;
  }
}

/** Ids of spans: this process' random prefix and a counter, as they need only be unique within a trace. */
export class SpanIds {
  readonly #bytes = Buffer.alloc(8);
  #count = random32();

  constructor() {
    this.#bytes.writeUInt32BE((random32() | 1) >>> 0, 0);
  }

  next(): string {
    this.#count = (this.#count + 1) >>> 0;
    this.#bytes.writeUInt32BE(this.#count, 4);
    return this.#bytes.toString("hex");
  }
}

function random32(): number {
  return Math.floor(Math.random() * 2 ** 32);
}
