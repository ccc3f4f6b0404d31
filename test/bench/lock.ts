import type { Benchmark, Figure, Measurement } from "./benchmark.js";
import type { Contention } from "./contention.js";
import { figuresOf } from "./own-process.js";
import type { Pace } from "./pace.js";
import { inNamespace } from "./real-services.js";

/** Locks that nobody else wants, taken and given back: with a queue, a fence and a lease behind each, against a key in Redis. */
export const lock: readonly Benchmark[] = [
  { name: "lock", concurrency: 128, target: { atLeast: 0.15 } },
  { name: "lock-1", concurrency: 1, target: {} },
].map(({ name, concurrency, target }) => ({
  name,
  group: "lock",
  unit: "locks/s",
  baselineName: `SET NX PX and a script that deletes, ${concurrency} at a time`,
  target,
  also: { p50: "ms", p99: "ms" },
  run: () =>
    inNamespace(async (env) => {
      const args = [String(concurrency)];
      const ours = await figuresOf<Pace>("lock-process.js", { args, env });
      return besides(ours, await figuresOf<Pace>("raw-lock-process.js", { args, env }));
    }),
}));

/** 20 clients that all want one lock, against polling for it. */
export const lockContended: readonly Benchmark[] = [
  { name: "lock-contended", pause: ["5", "15"] },
  { name: "lock-contended-slow", pause: ["50", "200"] },
].map(({ name, pause }) => ({
  name,
  group: "lock-contended",
  unit: "locks/s",
  baselineName: `SET NX PX every ${pause.join("–")} ms`,
  target: {},
  also: { p50: "ms", p99: "ms", fairness: "of 1", spread: "most/fewest" },
  run: () =>
    inNamespace(async (env) => {
      const ours = await figuresOf<Contention>("contention-process.js", { env });
      return besides(ours, await figuresOf<Contention>("raw-contention-process.js", { args: pause, env }));
    }),
}));

function besides<F extends { readonly perSecond: number }>(ours: F, theirs: F): Measurement {
  const figure = (name: keyof F): Figure => ({ value: ours[name] as number, baseline: theirs[name] as number });
  const names = (Object.keys(ours) as (keyof F & string)[]).filter((name) => name !== "perSecond");
  return { ...figure("perSecond"), also: Object.fromEntries(names.map((name) => [name, figure(name)])) };
}
