import type { Span, SpanOptions } from "@actor-runtime/core";
import { type Link, SpanKind } from "@opentelemetry/api";
import type { Contexts } from "./contexts.js";
import { DroppedSpan, NothingSpan } from "./dropped-span.js";
import type { Spans } from "./halves.js";
import { isLaden, Origin } from "./origin.js";
import type { Propagation } from "./propagation.js";
import type { SpanSource } from "./span-source.js";

const kinds = {
  internal: SpanKind.INTERNAL,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
  client: SpanKind.CLIENT,
} as const;
const noLinks: Link[] = [];

/** Spans of one source. Who sampled out a message is not asked again: headers without a word make no span. */
export class OtelSpans implements Spans {
  readonly tracing = true;
  readonly sampledOut: NothingSpan;
  readonly #source: SpanSource;
  readonly #propagation: Propagation;
  readonly #contexts: Contexts;

  constructor(source: SpanSource, propagation: Propagation, contexts: Contexts) {
    this.#source = source;
    this.#propagation = propagation;
    this.#contexts = contexts;
    this.sampledOut = new NothingSpan(contexts);
  }

  span(name: string, { kind, parent, links, attributes }: SpanOptions): Span {
    let origin = Origin.none;
    if (parent === undefined) origin = Origin.in(this.#contexts.active());
    else if (parent !== "none") {
      if (isEmpty(parent)) return this.sampledOut;
      origin = this.#propagation.read(parent);
    }
    if (origin.parent?.isInTraceOf(this.sampledOut.place)) return this.sampledOut;

    const span = this.#source.begin(name, kinds[kind], origin, attributes, this.#links(links));
    if (span !== undefined) return span;
    return origin.parent === undefined && !isLaden(origin.base)
      ? this.sampledOut
      : new DroppedSpan(origin, this.#propagation, this.#contexts);
  }

  #links(links: SpanOptions["links"]): Link[] {
    if (links === undefined || links.length === 0) return noLinks;
    return links.flatMap((headers) => {
      const { parent } = this.#propagation.read(headers);
      return parent === undefined ? [] : [{ context: parent.spanContext() }];
    });
  }
}

function isEmpty(headers: object): boolean {
  for (const _ in headers) return false;
  return true;
}
