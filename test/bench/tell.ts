import type { Benchmark } from "./benchmark.js";
import { figureOf } from "./own-process.js";
import { inNamespace } from "./real-services.js";

const actors = "1000";
const tells = "200000";
const messages = "60000";
/** Tells whose confirms are outstanding at any time, the same for the figure and its baselines. */
const underWay = "8000";

/** Durable exactly-once tells against plain amqplib, which keeps no state and drops no duplicates. */
export const tell: Benchmark = {
  name: "tell",
  unit: "tells/s",
  baselineName: "raw amqplib, quorum queue",
  target: { atLeast: 4 },
  run: () =>
    inNamespace(async (env) => ({
      value: await figureOf("tell-process.js", { args: [tells, actors, underWay, "1", "1", "plain"], env }),
      baseline: await figureOf("raw-tell-process.js", { args: [messages, actors, underWay, "1", "1"], env }),
    })),
};

/** The same against what a careful team writes by hand: state and message id in a Redis call per message. */
export const tellByHand: Benchmark = {
  name: "tell-by-hand",
  unit: "tells/s",
  baselineName: "amqplib and a Redis call per message",
  target: {},
  run: () =>
    inNamespace(async (env) => ({
      value: await figureOf("tell-process.js", { args: [tells, actors, underWay, "1", "1", "plain"], env }),
      baseline: await figureOf("raw-tell-process.js", { args: [messages, actors, underWay, "1", "1", "redis"], env }),
    })),
};

/** 20 senders and 1,600 partitions: few messages find company, so batches stay small. */
export const tellWide: Benchmark = {
  name: "tell-wide",
  unit: "tells/s",
  baselineName: "raw amqplib, same spread",
  target: {},
  run: () =>
    inNamespace(async (env) => ({
      value: await figureOf("tell-process.js", { args: [tells, "3200", underWay, "20", "1", "wide"], env }),
      baseline: await figureOf("raw-tell-process.js", { args: [messages, "3200", underWay, "20", "1600"], env }),
    })),
};

/** Throughput by the number of workers, which share the machine with the sender, RabbitMQ and Redis. */
export const tellWorkers: readonly Benchmark[] = [2, 3].map((workers) => ({
  name: `tell-${workers}-workers`,
  group: "tell-workers",
  unit: "tells/s",
  baselineName: "1 worker",
  target: {},
  run: () =>
    inNamespace(async (env) => ({
      value: await figureOf("tell-process.js", { args: [tells, actors, underWay, "1", String(workers), "plain"], env }),
      baseline: await figureOf("tell-process.js", { args: [tells, actors, underWay, "1", "1", "plain"], env }),
    })),
}));
