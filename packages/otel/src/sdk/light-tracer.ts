import type { Attributes, Link, SpanKind } from "@opentelemetry/api";
import { TraceFlags } from "@opentelemetry/api";
import type { InstrumentationScope } from "@opentelemetry/core";
import type { Resource } from "@opentelemetry/resources";
import type { SpanLimits } from "@opentelemetry/sdk-trace";
import type { Contexts } from "../contexts.js";
import type { Origin } from "../origin.js";
import { random32 } from "../place.js";
import type { Propagation } from "../propagation.js";
import type { SpanSource } from "../span-source.js";
import { EpochClock } from "./epoch-clock.js";
import { LightSpan, type SpanHome } from "./light-span.js";
import type { Sampling } from "./sampling.js";

export interface LightTracerOptions {
  readonly scope: InstrumentationScope;
  readonly resource: Resource;
  readonly limits: Required<SpanLimits>;
  readonly sampling: Sampling;
  readonly propagation: Propagation;
  readonly contexts: Contexts;
  readonly queues: readonly EndedSpans[];
}

/** Where ended spans go. */
export interface EndedSpans {
  add(span: LightSpan): void;
}

/**
 * Makes the runtime's own spans for the SDK's pipeline, at a tenth of the cost of the SDK's tracer: the sampler decides before
 * there is an id, a name or an object. Samples as the SDK does by the same `Sampling`.
 */
export class LightTracer implements SpanSource, SpanHome {
  readonly scope: InstrumentationScope;
  readonly resource: Resource;
  readonly limits: Required<SpanLimits>;
  readonly shares: boolean;
  readonly propagation: Propagation;
  readonly contexts: Contexts;
  readonly #parentBased: boolean;
  /** By the rule of the SDK's `TraceIdRatioBasedSampler` a trace is sampled whose words together, by xor, are below it. */
  readonly #bound: number;
  readonly #clock = new EpochClock();
  readonly #queues: readonly EndedSpans[];
  /** Ids of spans need only be unique within a trace: a random word of this process and a counter. */
  readonly #process = random32() | 1;
  #spans = random32();

  constructor({ scope, resource, limits, sampling, propagation, contexts, queues }: LightTracerOptions) {
    this.scope = scope;
    this.resource = resource;
    this.limits = limits;
    this.shares = limits.attributeValueLengthLimit === Number.POSITIVE_INFINITY && limits.attributeCountLimit >= 64;
    this.#parentBased = sampling.parentBased;
    this.#bound = sampling.ratio === 1 ? 2 ** 32 : Math.floor(sampling.ratio * 0xffff_ffff);
    this.propagation = propagation;
    this.contexts = contexts;
    this.#queues = queues;
  }

  begin(
    name: string,
    kind: SpanKind,
    { parent, base }: Origin,
    attributes: Attributes | undefined,
    links: Link[],
  ): LightSpan | undefined {
    const trace0 = parent === undefined ? random32() : parent.trace0;
    const trace1 = parent === undefined ? random32() : parent.trace1;
    const trace2 = parent === undefined ? random32() : parent.trace2;
    const trace3 = parent === undefined ? random32() : parent.trace3;
    const sampled =
      parent !== undefined && this.#parentBased
        ? (parent.flags & TraceFlags.SAMPLED) !== 0
        : (trace0 ^ trace1 ^ trace2 ^ trace3) >>> 0 < this.#bound;
    if (!sampled) return undefined;
    this.#spans = (this.#spans + 1) | 0;
    const span = new LightSpan(
      this,
      parent,
      base,
      trace0,
      trace1,
      trace2,
      trace3,
      this.#process,
      this.#spans,
      name,
      kind,
    );
    if (attributes !== undefined) span.begin(attributes);
    if (links.length > 0) span.addLinks(links);
    return span;
  }

  now(): number {
    return this.#clock.now();
  }

  onEnd(span: LightSpan): void {
    for (const queue of this.#queues) queue.add(span);
  }
}
