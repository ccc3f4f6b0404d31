import type { Benchmark } from "./benchmark.js";
import { figureOf } from "./own-process.js";

/** Heap held by one activation that waits for its next message, with 100 bytes of state, and by what the embedded store has of it. */
export const activations: Benchmark = {
  name: "activations",
  unit: "B",
  target: { atMost: 1_500 },
  // The garbage collector is told when to run.
  run: async () => ({ value: await figureOf("activations-process.js", { execArgv: ["--expose-gc"] }) }),
};
