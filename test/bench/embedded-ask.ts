import { Actor, connect, Handler, State } from "actor-runtime";
import type { Benchmark } from "./benchmark.js";
import { keys, load, pick } from "./counters.js";
import { embedded } from "./embedded.js";
import { figureOf } from "./own-process.js";
import { callsPerSecond } from "./throughput.js";

@Actor("BenchCounter")
class Counter {
  @State() private count = 0;

  @Handler() add(): number {
    return ++this.count;
  }
}

/**
 * Asks within one process, each turn changing state, against the least that could keep one key's calls in order. The queue
 * runs in a process of its own: on Node 20 the runtime's AsyncLocalStorage makes every promise of its process dearer, and a
 * baseline must not be slowed by what it is compared with.
 */
export const embeddedAsk: Benchmark = {
  name: "embedded-ask",
  unit: "asks/s",
  baselineName: "promise queue per key",
  target: { atLeast: 0.05 },
  run: async () => ({ value: await asks(), baseline: await figureOf("promise-queue-process.js") }),
};

async function asks(): Promise<number> {
  await using system = await connect({ actors: [Counter], ...embedded });
  const counters = keys.map((key) => system.ref(Counter, key));
  return await callsPerSecond((n) => pick(counters, n).add(), load);
}
