import type { Balancer, PoolMember } from "./balancer.js";

/** Any worker, each as likely as the others. */
export class RandomChoice implements Balancer {
  pick(workers: readonly PoolMember[], _now: number, random: () => number): string | undefined {
    const able = workers.filter(({ weight }) => weight > 0);
    return able[Math.floor(random() * able.length)]?.id;
  }

  sent(): void {}

  ended(): void {}
}
