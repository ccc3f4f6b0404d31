import type { Balancer, PoolMember } from "./balancer.js";

/** One worker after the other, beginning with any, so that many senders do not begin with the same. */
export class RoundRobin implements Balancer {
  #next: number | undefined;

  pick(workers: readonly PoolMember[], _now: number, random: () => number): string | undefined {
    const first = this.#next ?? Math.floor(random() * workers.length);
    for (let step = 0; step < workers.length; step++) {
      const index = (first + step) % workers.length;
      const { id, weight } = workers[index]!;
      if (weight <= 0) continue;
      this.#next = index + 1;
      return id;
    }
    return undefined;
  }

  sent(): void {}

  ended(): void {}
}
