import type { Benchmark } from "./benchmark.js";
import { figureOf } from "./own-process.js";
import { inNamespace } from "./real-services.js";

/** The default of `--lease`, which the workers have. */
const leaseMs = 10_000;

/** How long any actor is not served while a worker comes, and while one goes. */
export const handoff: readonly Benchmark[] = (["join", "drain"] as const).map((happening) => ({
  name: `handoff-${happening}`,
  group: "handoff",
  unit: "ms",
  target: { atMost: 300 },
  run: () => gapDuring(happening),
}));

/** How long actors are not served after their owner was killed: its lease has to end. */
export const failover: Benchmark = {
  name: "failover",
  unit: "ms",
  baselineName: "lease",
  target: { atMost: 1.1 },
  run: async () => ({ ...(await gapDuring("kill")), baseline: leaseMs }),
};

function gapDuring(happening: "join" | "drain" | "kill") {
  return inNamespace(async (env) => ({ value: await figureOf("gap-process.js", { args: [happening], env }) }));
}
