import type { Balance } from "actor-runtime";
import type { Benchmark, Target } from "./benchmark.js";
import { answerOf } from "./own-process.js";
import type { PoolPaces } from "./pool-process.js";
import { inNamespace } from "./real-services.js";

/** Those that look at the latency. The others are their control. */
const watchful: Target = { atMost: 1.5 };
const targets = {
  "least-busy": watchful,
  fastest: watchful,
  "round-robin": {},
  random: {},
  weighted: {},
} as const satisfies Record<Balance, Target>;

/** Asks of a stateless type that one of four workers takes ten times as long for, beside one that all are as fast at. */
export const pool: readonly Benchmark[] = Object.entries(targets).map(([balance, target]) => ({
  name: `pool-${balance}`,
  group: "pool",
  unit: "ms p99",
  baselineName: "all workers as fast",
  target,
  also: { p50: "ms", slow: "of 1 to the slow worker", pace: "asks/s" },
  // One is as long as three: what a worker that was left out gets when it is tried again belongs to it.
  rounds: 1,
  run: () =>
    inNamespace(async (env) => {
      const { even, uneven } = await answerOf<PoolPaces>("pool-process.js", { args: [balance], env });
      return {
        value: uneven.p99,
        baseline: even.p99,
        also: {
          p50: { value: uneven.p50, baseline: even.p50 },
          slow: { value: uneven.toFirst },
          pace: { value: uneven.perSecond, baseline: even.perSecond },
        },
      };
    }),
}));
