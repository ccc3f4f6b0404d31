import type { Balancer } from "./balancer.js";
import { type Ejection, OutlierEjection } from "./ejection.js";
import { PeakEwma } from "./peak-ewma.js";
import { RandomChoice } from "./random-choice.js";
import { RoundRobin } from "./round-robin.js";
import { SmoothWeighted } from "./smooth-weighted.js";

/** How a sender picks the worker for an ask of a pool whose workers have queues of their own. */
export type PickStrategy = "round-robin" | "random" | "weighted" | "fastest";

const plain: Readonly<Record<PickStrategy, new () => Balancer>> = {
  "round-robin": RoundRobin,
  random: RandomChoice,
  weighted: SmoothWeighted,
  fastest: PeakEwma,
};

/** The balancer of a strategy; it leaves out who fails or stalls, and tells of them. */
export function balancerOf(strategy: PickStrategy, onEjected?: (ejection: Ejection) => void): OutlierEjection {
  return new OutlierEjection(new plain[strategy](), onEjected);
}
