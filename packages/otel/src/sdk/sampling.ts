import { ParentBasedSampler, type Sampler, TraceIdRatioBasedSampler } from "@opentelemetry/sdk-trace";
import type { Environment } from "./environment.js";

/** Which traces are recorded. All samplers that `OTEL_TRACES_SAMPLER` names are of this form. */
export interface Sampling {
  /** Children do as their parent does. */
  readonly parentBased: boolean;
  /** The share of traces that is sampled, 0 to 1, by their ids. */
  readonly ratio: number;
}

/** `OTEL_TRACES_SAMPLER` and its `_ARG`. What they do not understand is warned of and ignored, as OpenTelemetry wants it. */
export function samplingFrom(env: Environment): Sampling {
  const ratio = () => env.number("OTEL_TRACES_SAMPLER_ARG", { min: 0, max: 1 }) ?? 1;
  const samplers: Readonly<Record<string, () => Sampling>> = {
    always_on: () => ({ parentBased: false, ratio: 1 }),
    always_off: () => ({ parentBased: false, ratio: 0 }),
    traceidratio: () => ({ parentBased: false, ratio: ratio() }),
    parentbased_always_on: () => ({ parentBased: true, ratio: 1 }),
    parentbased_always_off: () => ({ parentBased: true, ratio: 0 }),
    parentbased_traceidratio: () => ({ parentBased: true, ratio: ratio() }),
  };
  const name = env.oneOf("OTEL_TRACES_SAMPLER", Object.keys(samplers)) ?? "parentbased_always_on";
  return samplers[name]!();
}

/** The same for the SDK's own spans. */
export function samplerOf({ parentBased, ratio }: Sampling): Sampler {
  const root = new TraceIdRatioBasedSampler(ratio);
  return parentBased ? new ParentBasedSampler({ root }) : root;
}
