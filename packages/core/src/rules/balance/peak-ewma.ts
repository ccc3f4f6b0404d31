import type { Balancer, CallEnding, PoolMember } from "./balancer.js";
import { forgetLeft } from "./members.js";

/** What was seen is worth 1/e after so long (ms). */
const decayMs = 10_000;

/** What the sender knows of one worker. */
interface Seen {
  /** Peak EWMA of its latencies in ms, as of `at`; 0: no history. */
  latencyMs: number;
  at: number;
  outstanding: number;
}

/**
 * The worker that promises to answer first. Of two picked by chance, the one with the lower cost gets the call: the "power of two
 * choices" (Mitzenmacher, IEEE TPDS 12(10), 2001), which keeps senders that know the same from running to the same worker.
 *
 * Cost is the peak EWMA of Finagle (`PeakEwma`; also Linkerd's default): the latency, which jumps up at once with a slow answer
 * and decays within 10 s, times the calls outstanding here + 1. It decays without answers, too, so one that was slow is tried
 * again. One without history is tried with one call, and gets no second before it has answered.
 */
export class PeakEwma implements Balancer {
  readonly #seen = new Map<string, Seen>();

  pick(workers: readonly PoolMember[], now: number, random: () => number): string | undefined {
    forgetLeft(this.#seen, workers);
    const able = workers.filter(({ weight }) => weight > 0);
    if (able.length < 2) return able[0]?.id;
    const first = Math.floor(random() * able.length);
    const other = Math.floor(random() * (able.length - 1));
    const a = able[first]!.id;
    const b = able[other < first ? other : other + 1]!.id;
    return this.#cost(a, now) <= this.#cost(b, now) ? a : b;
  }

  sent(worker: string, now: number): void {
    const seen = this.#seen.get(worker);
    if (seen) seen.outstanding += 1;
    else this.#seen.set(worker, { latencyMs: 0, at: now, outstanding: 1 });
  }

  /** Of a call that failed only a long wait counts: failing fast is no merit. */
  ended(worker: string, latencyMs: number | undefined, ending: CallEnding, now: number): void {
    const seen = this.#seen.get(worker);
    if (!seen) return;
    seen.outstanding = Math.max(0, seen.outstanding - 1);
    if (latencyMs === undefined) return;
    const before = decayed(seen, now);
    if (latencyMs > before) seen.latencyMs = latencyMs;
    else if (ending === "ok") seen.latencyMs = before + latencyMs * (1 - keptOf(seen, now));
    else return;
    seen.at = now;
  }

  #cost(worker: string, now: number): number {
    const seen = this.#seen.get(worker);
    if (!seen) return 0;
    if (seen.latencyMs > 0) return decayed(seen, now) * (seen.outstanding + 1);
    return seen.outstanding === 0 ? 0 : Number.MAX_VALUE;
  }
}

function decayed(seen: Seen, now: number): number {
  return seen.latencyMs * keptOf(seen, now);
}

function keptOf(seen: Seen, now: number): number {
  return Math.exp(-Math.max(0, now - seen.at) / decayMs);
}
