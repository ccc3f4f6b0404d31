import type { Benchmark } from "./benchmark.js";
import { figureOf } from "./own-process.js";
import { inNamespace } from "./real-services.js";
import { SpanCounter } from "./span-counter.js";

const tells = 200_000;
const actors = 1_000;
/** Tells whose confirms are outstanding at any time, as in `tell`. */
const underWay = 8_000;
const args = [tells, actors, underWay, 1, 1, "plain"].map(String);
const untraced = { OTEL_SDK_DISABLED: "true" };

/**
 * Tells that are all traced, each with a span at its sender and one at its actor, to a receiver in another process. A tell whose
 * spans do not both arrive was not traced and does not count; what then waits to be exported is bounded by the exporters' queues.
 */
export const tracing: Benchmark = {
  name: "tracing",
  unit: "tells/s",
  baselineName: "tell without tracing",
  target: { atLeast: 0.6 },
  run: async () => {
    await using counter = await SpanCounter.start();
    const rate = await tellsPerSecond(counter.env);
    const value = rate * (await share(counter));
    return { value, baseline: await tellsPerSecond(untraced) };
  },
};

/** The same with a sampler that chooses none: messages carry that decision, and nothing else is done. */
export const tracingSampledOut: Benchmark = {
  name: "tracing-sampled-out",
  group: "tracing",
  unit: "tells/s",
  baselineName: "tell without tracing",
  target: { atLeast: 0.95 },
  run: async () => {
    await using counter = await SpanCounter.start();
    const none = { OTEL_TRACES_SAMPLER: "parentbased_traceidratio", OTEL_TRACES_SAMPLER_ARG: "0" };
    const value = await tellsPerSecond({ ...counter.env, ...none });
    const counts = await counter.count();
    if (Object.keys(counts).length > 0) throw new Error(`spans of a ratio of 0: ${JSON.stringify(counts)}`);
    return { value, baseline: await tellsPerSecond(untraced) };
  },
};

/** In a namespace of its own: the second to come to a mailbox would find queues and states that the first had to make. */
function tellsPerSecond(otel: NodeJS.ProcessEnv): Promise<number> {
  return inNamespace((env) => figureOf("tell-process.js", { args, env: { ...env, ...otel } }));
}

/** The share of all tells, those of the warm-up too, of which both spans arrived. */
async function share(counter: SpanCounter): Promise<number> {
  const counts = await counter.count();
  const all = tells + actors;
  const [sent, processed] = [counts["send BenchTally"] ?? 0, counts["process BenchTally.add"] ?? 0];
  console.error(
    `tracing: of ${2 * all} spans of tells ${sent + processed} arrived, ${2 * all - sent - processed} were dropped`,
  );
  return Math.min(sent, processed) / all;
}
