import type { Balancer, CallEnding, PoolMember } from "./balancer.js";
import { PerWorker } from "./per-worker.js";

/** What was seen is worth 1/e after so long (ms), and not before the sender has made so many calls since. */
const decayMs = 10_000;
const decayCalls = 200;

/** What the sender knows of one worker. */
interface Seen {
  /** Peak EWMA of its latencies in ms, as of `at`; 0: no history. */
  latencyMs: number;
  at: number;
  /** How many calls the sender had made by then. */
  calls: number;
  outstanding: number;
}

/**
 * The worker that promises to answer first. Of two picked by chance, the one with the lower cost gets the call: the "power of two
 * choices" (Mitzenmacher, IEEE TPDS 12(10), 2001), which keeps senders that know the same from running to the same worker.
 *
 * Cost is the peak EWMA of Finagle (`PeakEwma`; also Linkerd's default): the latency, which jumps up at once with a slow answer
 * and decays within 10 s, times the calls outstanding here + 1. It decays without answers, too, so one that was slow is tried
 * again. One without history is tried with one call, and gets no second before it has answered.
 *
 * Unlike Finagle's, it decays no faster than within 200 calls: trying a slow worker again costs a slow call, and of many senders
 * that make few calls each would spend a good part of them on that.
 */
export class PeakEwma implements Balancer {
  readonly #seen = new PerWorker((): Seen => ({ latencyMs: 0, at: 0, calls: 0, outstanding: 0 }));
  #calls = 0;

  pick(workers: readonly PoolMember[], now: number, random: () => number): string | undefined {
    this.#seen.members(workers);
    const able = workers.filter(({ weight }) => weight > 0);
    if (able.length < 2) return able[0]?.id;
    const first = Math.floor(random() * able.length);
    const other = Math.floor(random() * (able.length - 1));
    const a = able[first]!.id;
    const b = able[other < first ? other : other + 1]!.id;
    return this.#costOf(a, now) <= this.#costOf(b, now) ? a : b;
  }

  sent(worker: string): void {
    const seen = this.#seen.get(worker);
    if (!seen) return;
    this.#calls += 1;
    seen.outstanding += 1;
  }

  /** Of a call that failed only a long wait counts: failing fast is no merit. */
  ended(worker: string, latencyMs: number | undefined, ending: CallEnding, now: number): void {
    const seen = this.#seen.get(worker);
    if (!seen) return;
    seen.outstanding = Math.max(0, seen.outstanding - 1);
    if (latencyMs === undefined) return;
    const kept = this.#kept(seen, now);
    const before = seen.latencyMs * kept;
    if (latencyMs > before) seen.latencyMs = latencyMs;
    else if (ending === "ok") seen.latencyMs = before + latencyMs * (1 - kept);
    else return;
    seen.at = now;
    seen.calls = this.#calls;
  }

  #costOf(worker: string, now: number): number {
    const seen = this.#seen.get(worker)!;
    if (seen.latencyMs > 0) return seen.latencyMs * this.#kept(seen, now) * (seen.outstanding + 1);
    return seen.outstanding === 0 ? 0 : Number.MAX_VALUE;
  }

  /** The part of what was seen that is still believed. */
  #kept({ at, calls }: Seen, now: number): number {
    return Math.exp(-Math.min(Math.max(0, now - at) / decayMs, (this.#calls - calls) / decayCalls));
  }
}
