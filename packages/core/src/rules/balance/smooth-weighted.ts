import type { Balancer, PoolMember } from "./balancer.js";
import { PerWorker } from "./per-worker.js";

/**
 * Each worker in proportion to its weight, with the turns of a heavy one spread out: weights 5, 1, 1 give a a b a c a a. This is
 * the smooth weighted round robin of nginx (Dounin, "Upstream: smooth weighted round-robin balancing", nginx 1.3.1, 2012): all
 * credits grow by their weights, the highest is picked and pays the sum.
 *
 * Weights may change at any time. A worker that is out neither gains nor pays.
 */
export class SmoothWeighted implements Balancer {
  readonly #credits = new PerWorker(() => ({ credit: 0 }));

  pick(workers: readonly PoolMember[]): string | undefined {
    this.#credits.members(workers);
    let picked: string | undefined;
    let highest = { credit: Number.NEGATIVE_INFINITY };
    let sum = 0;
    for (const { id, weight } of workers) {
      if (weight <= 0) continue;
      const own = this.#credits.get(id)!;
      own.credit += weight;
      sum += weight;
      if (own.credit <= highest.credit) continue;
      highest = own;
      picked = id;
    }
    highest.credit -= sum;
    return picked;
  }

  sent(): void {}

  ended(): void {}
}
