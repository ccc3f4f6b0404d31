import { Actor, connect, Handler, State } from "actor-runtime";
import type { Benchmark } from "./benchmark.js";
import { embedded } from "./embedded.js";
import { callsPerSecond } from "./throughput.js";

@Actor("BenchCounter")
class Counter {
  @State() private count = 0;

  @Handler() add(): number {
    return ++this.count;
  }
}

const keys = Array.from({ length: 100 }, (_, n) => `counter-${n}`);
const load = { concurrency: 128, forMs: 1_000, now: () => performance.now() };

/** Asks within one process, each turn changing state, against the least that could keep one key's calls in order. */
export const embeddedAsk: Benchmark = {
  name: "embedded-ask",
  unit: "asks/s",
  baselineName: "promise queue per key",
  target: { atLeast: 0.05 },
  run: async () => ({ value: await asks(), baseline: await promiseQueue() }),
};

async function asks(): Promise<number> {
  await using system = await connect({ actors: [Counter], ...embedded });
  const counters = keys.map((key) => system.ref(Counter, key));
  return await callsPerSecond((n) => pick(counters, n).add(), load);
}

/** A tail per key: order and one at a time, without isolation, durable state, envelopes, timeouts or bounds. */
async function promiseQueue(): Promise<number> {
  const tails = new Map<string, Promise<number>>(keys.map((key) => [key, Promise.resolve(0)]));
  const add = (key: string): Promise<number> => {
    const tail = (tails.get(key) ?? Promise.resolve(0)).then((count) => count + 1);
    tails.set(key, tail);
    return tail;
  };
  return await callsPerSecond((n) => add(pick(keys, n)), load);
}

function pick<T>(from: readonly T[], n: number): T {
  return from[n % from.length] as T;
}
