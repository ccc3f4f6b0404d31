import type { Balancer, PoolMember } from "./balancer.js";
import { forgetLeft } from "./members.js";

/**
 * Each worker in proportion to its weight, with the turns of a heavy one spread out: weights 5, 1, 1 give a a b a c a a. This is
 * the smooth weighted round robin of nginx (Dounin, "Upstream: smooth weighted round-robin balancing", nginx 1.3.1, 2012): all
 * credits grow by their weights, the highest is picked and pays the sum.
 *
 * Weights may change at any time. A worker that is out neither gains nor pays.
 */
export class SmoothWeighted implements Balancer {
  readonly #credits = new Map<string, number>();

  pick(workers: readonly PoolMember[]): string | undefined {
    forgetLeft(this.#credits, workers);
    let picked: string | undefined;
    let highest = Number.NEGATIVE_INFINITY;
    let sum = 0;
    for (const { id, weight } of workers) {
      if (weight <= 0) continue;
      const credit = (this.#credits.get(id) ?? 0) + weight;
      this.#credits.set(id, credit);
      sum += weight;
      if (credit <= highest) continue;
      highest = credit;
      picked = id;
    }
    if (picked !== undefined) this.#credits.set(picked, highest - sum);
    return picked;
  }

  sent(): void {}

  ended(): void {}
}
