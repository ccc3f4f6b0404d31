import type { Benchmark } from "./benchmark.js";
import { figureOf } from "./own-process.js";
import { inNamespace } from "./real-services.js";

/** A lone ask, from send to answer: its turn is committed before. */
export const ask1: Benchmark = {
  name: "ask-1",
  unit: "ms p50",
  baselineName: "raw amqplib RPC, quorum queue",
  target: { atMost: 1.5 },
  run: () => asks(1),
};

export const ask128: Benchmark = {
  name: "ask-128",
  unit: "asks/s",
  baselineName: "raw amqplib RPC, quorum queue",
  target: { atLeast: 1.5 },
  run: () => asks(128),
};

function asks(concurrency: number) {
  const args = [String(concurrency)];
  return inNamespace(async (env) => ({
    value: await figureOf("ask-process.js", { args, env }),
    baseline: await figureOf("raw-ask-process.js", { args, env }),
  }));
}
