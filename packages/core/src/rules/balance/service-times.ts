/** How long one handler takes of late, at one worker. */
export interface HandlerTime {
  readonly handler: string;
  readonly meanMs: number;
  /** How many runs the mean stands for; runs count less and less as they age, so it need not be whole. */
  readonly count: number;
}

/** More handlers than this are not kept; the one with the fewest runs of late makes way. */
const maxHandlers = 64;
/** Once there are so many runs, each new one moves the mean by 1 / `window`. */
const window = 20;
/** A run is worth 1/e after so long (ms). */
const fadingMs = 60_000;
/** One run is taken for at most so many times the mean, so that a single huge one does not make a worker slow. */
const maxFactor = 10;
/** So few runs are none. */
const forgottenCount = 0.01;

interface Entry {
  meanMs: number;
  count: number;
  at: number;
}

/**
 * Mean service time of each handler at this worker: a plain mean of the first 20 runs, an exponentially weighted one from there
 * on. It follows runs and not time, so it tells within some five runs that a worker has become ten times slower, however rare
 * they are. The counts fade within a minute: what was not run of late says little. Times are ms of a clock that never goes back.
 */
export class ServiceTimes {
  readonly #entries = new Map<string, Entry>();

  add(handler: string, serviceMs: number, now: number): void {
    const entry = this.#entries.get(handler);
    if (!entry) {
      if (this.#entries.size >= maxHandlers) this.#forgetRarest(now);
      this.#entries.set(handler, { meanMs: serviceMs, count: 1, at: now });
      return;
    }
    const count = countOf(entry, now) + 1;
    const seen = entry.meanMs > 0 ? Math.min(serviceMs, maxFactor * entry.meanMs) : serviceMs;
    entry.meanMs += (seen - entry.meanMs) / Math.min(window, count);
    entry.count = count;
    entry.at = now;
  }

  /** Those run of late, in no order. */
  list(now: number): HandlerTime[] {
    const times: HandlerTime[] = [];
    for (const [handler, entry] of this.#entries) {
      const count = countOf(entry, now);
      if (count < forgottenCount) this.#entries.delete(handler);
      else times.push({ handler, meanMs: entry.meanMs, count });
    }
    return times;
  }

  /** How many runs there were of late, those of long ago not counted in full. */
  runs(now: number): number {
    return this.list(now).reduce((sum, { count }) => sum + count, 0);
  }

  /** Mean over all handlers, by how often each is run; `undefined`: none was of late. */
  meanMs(now: number): number | undefined {
    let runs = 0;
    let spentMs = 0;
    for (const { meanMs, count } of this.list(now)) {
      runs += count;
      spentMs += count * meanMs;
    }
    return runs === 0 ? undefined : spentMs / runs;
  }

  /** Begins anew: what was measured no longer tells. */
  clear(): void {
    this.#entries.clear();
  }

  #forgetRarest(now: number): void {
    const [rarest] = this.list(now).sort((a, b) => a.count - b.count);
    if (rarest && this.#entries.size >= maxHandlers) this.#entries.delete(rarest.handler);
  }
}

function countOf({ count, at }: Entry, now: number): number {
  return count * Math.exp(-Math.max(0, now - at) / fadingMs);
}
