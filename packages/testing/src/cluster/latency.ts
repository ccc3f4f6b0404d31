import type { Random } from "@actor-runtime/core";

/** How long each hop between a process and the broker or the store takes, in ms. */
export interface Latency {
  /** Most hops take from `minMs`, default 0.2, … */
  readonly minMs: number;
  /** … to `maxMs`, default 2. */
  readonly maxMs: number;
  /** How many hops in a thousand are slow. Default 5. */
  readonly slowPerMille: number;
  /** The most that a slow hop takes. Default 50. */
  readonly slowMs: number;
}

export const defaultLatency: Latency = { minMs: 0.2, maxMs: 2, slowPerMille: 5, slowMs: 50 };

/** How long the next hop takes. */
export function drawLatency({ minMs, maxMs, slowPerMille, slowMs }: Latency, random: Random): number {
  const isSlow = random.next() * 1_000 < slowPerMille;
  return isSlow ? maxMs + random.next() * (slowMs - maxMs) : minMs + random.next() * (maxMs - minMs);
}
