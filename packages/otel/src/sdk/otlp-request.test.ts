import { type Attributes, context, ROOT_CONTEXT, type Span, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { ProtobufTraceSerializer } from "@opentelemetry/otlp-transformer";
import { resourceFromAttributes } from "@opentelemetry/resources";
import type { ReadableSpan, SpanProcessor } from "@opentelemetry/sdk-trace";
import { TracerProvider } from "@opentelemetry/sdk-trace";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Origin } from "../origin.js";
import { Place } from "../place.js";
import { Propagation } from "../propagation.js";
import { Environment } from "./environment.js";
import { LightSpanEncoder } from "./light-span-encoder.js";
import { LightTracer } from "./light-tracer.js";
import { OtlpRequest } from "./otlp-request.js";
import { spanLimitsFrom } from "./span-limits.js";

const resource = resourceFromAttributes({ "service.name": "actor-worker", "process.pid": 12, tags: ["a", "b"] });
const scope = { name: "actor-runtime", version: "1.2.3" };
const remote = {
  traceId: "0af7651916cd43dd8448eb211c80319c",
  spanId: "00f067aa0ba902b7",
  traceFlags: 1,
  isRemote: true,
};
const limits = spanLimitsFrom(new Environment({}, { warn: () => {} }));

/** A light tracer and one of the SDK, whose ended spans are kept in the order of their ends. */
function tracers(overrides: Partial<typeof limits> = {}) {
  const ended: ReadableSpan[] = [];
  const processor: SpanProcessor = {
    onStart: () => {},
    onEnd: (span) => void ended.push(span),
    forceFlush: async () => {},
    shutdown: async () => {},
  };
  const sampling = { parentBased: true, ratio: 1 };
  const spanLimits = { ...limits, ...overrides };
  const light = new LightTracer({
    scope,
    resource,
    limits: spanLimits,
    sampling,
    propagation: new Propagation(),
    contexts: context,
    queues: [{ add: (span) => processor.onEnd(span) }],
  });
  const sdk = new TracerProvider({ resource, spanLimits, spanProcessors: [processor] }).getTracer(
    "actor-runtime",
    "1.2.3",
  );
  return {
    ended,
    sdk,
    light: (name: string, attributes?: Attributes, kind = SpanKind.CONSUMER) =>
      light.begin(name, kind, new Origin(Place.of(remote), ROOT_CONTEXT), attributes, [])!,
  };
}

function serialized(spans: ReadableSpan[]): Fields {
  const encoder = new LightSpanEncoder(resource, scope);
  const request = new OtlpRequest(() => encoder);
  for (const span of spans) request.add(span);
  expect(request.size).toBe(spans.length);
  return fieldsOf(request.finish()!);
}

const bySdk = (spans: ReadableSpan[]) => fieldsOf(ProtobufTraceSerializer.serializeRequest(spans)!);

describe("OTLP protobuf of light spans", () => {
  it("P11: says the same as the SDK's, whatever the name and the attributes", () => {
    const value = fc.oneof(
      fc.string({ unit: "grapheme", maxLength: 200 }),
      fc.integer(),
      fc.maxSafeInteger(),
      fc.double(),
      fc.boolean(),
      fc.array(fc.string(), { maxLength: 40 }),
      fc.array(fc.boolean()),
    );
    // Keys that are whole numbers have an order of their own in JavaScript.
    const key = fc.string({ maxLength: 150 }).map((text) => `k${text}`);
    const attributes = fc.dictionary(key, value, { maxKeys: 12 });
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 300 }), attributes, attributes, (name, shared, own) => {
        const { light, ended } = tracers();
        const frozen = Object.freeze(shared);
        for (let count = 0; count < 3; count++) light(name, frozen).setAttributes(own).end();
        expect(serialized(ended)).toEqual(bySdk(ended));
      }),
    );
  });

  it("P11: keeps names apart that share one object of attributes", () => {
    const { light, ended } = tracers();
    const shared = Object.freeze({ "actor.type": "Account" });
    for (const name of ["send Account", "ask Account.deposit", "send Account"]) light(name, shared).end();
    light("send Account", shared, SpanKind.PRODUCER).end();
    expect(serialized(ended)).toEqual(bySdk(ended));
  });

  it("P11: exports batches of one span and of thousands", () => {
    const { light, ended } = tracers();
    for (let count = 0; count < 3_000; count++) light("process", { "actor.key": "k".repeat(count % 2_000) }).end();
    const [one, many] = [ended.slice(0, 1), ended];
    expect(serialized(one)).toEqual(bySdk(one));
    expect(serialized(many)).toEqual(bySdk(many));
  });

  it("P11: leaves spans with links, events or errors, and those of the SDK, to the SDK, in the same request", () => {
    const { light, sdk, ended } = tracers();
    light("plain").end();
    light("linked")
      .addLink({ context: remote, attributes: { why: "redelivered" } })
      .end();
    const failed = light("failed");
    failed.recordException(new Error("no"));
    failed.setStatus({ code: SpanStatusCode.ERROR, message: "no" }).end();
    sdk.startSpan("of a library", {}, trace.setSpanContext(ROOT_CONTEXT, failed.spanContext())).end();
    const spans = spansIn(serialized(ended));
    expect(spans).toHaveLength(4);
    expect(spans).toEqual(expect.arrayContaining(spansIn(bySdk(ended)) as object[]));
  });

  it("P11: behaves to a user's program as a span of the SDK does", () => {
    const use = (span: Span) => {
      span.setAttribute("a", 1).setAttribute("a", 2).setAttributes({ b: "text", shared: "changed" });
      span
        .setAttribute("", 1)
        .setAttribute("none", undefined!)
        .setAttribute("odd", { not: "allowed" } as never);
      span.setAttribute("constructor", "a name like any other");
      span.addEvent("happened", { x: [1, 2] }, 1_700_000_000_000);
      span.addLink({ context: remote }).addLinks([{ context: remote, attributes: { y: true } }]);
      span.recordException({ code: 12, message: "no" }, 1_700_000_000_000);
      span.recordException("just words", 1_700_000_000_000);
      span.setStatus({ code: SpanStatusCode.ERROR, message: "no" }).setStatus({ code: SpanStatusCode.UNSET });
      span.updateName("renamed").end();
      span.setAttribute("late", 1).addEvent("late").updateName("late").end();
      expect(span.isRecording()).toBe(false);
    };
    const { light, sdk, ended } = tracers();
    const attributes = Object.freeze({ shared: "at first" });
    use(light("one", attributes));
    use(sdk.startSpan("one", { kind: SpanKind.CONSUMER, attributes }, trace.setSpanContext(ROOT_CONTEXT, remote)));
    const [ours, theirs] = ended.map((span) => ({
      name: span.name,
      kind: span.kind,
      parent: span.parentSpanContext,
      attributes: span.attributes,
      events: span.events,
      links: span.links.map((link) => ({ droppedAttributesCount: 0, ...link })),
      status: span.status,
      ended: span.ended,
      scope: span.instrumentationScope.name,
      resource: span.resource,
      dropped: [span.droppedAttributesCount, span.droppedEventsCount, span.droppedLinksCount],
    }));
    expect(ours).toEqual(theirs);
    expect(attributes).toEqual({ shared: "at first" });
  });

  it("P12: keeps to the limits of a span", () => {
    const { light, ended } = tracers({
      attributeCountLimit: 2,
      attributeValueLengthLimit: 3,
      eventCountLimit: 1,
      linkCountLimit: 1,
    });
    const span = light("bounded", Object.freeze({ a: "12345" })).setAttributes({ b: ["12345"], c: 1, a: "67890" });
    for (const name of ["one", "two"]) span.addEvent(name).addLink({ context: remote });
    span.end();
    expect(ended[0]).toMatchObject({ attributes: { a: "678", b: ["123"] }, events: [{ name: "two" }] });
    expect(ended[0]!.links).toHaveLength(1);
    expect(ended[0]).toMatchObject({ droppedAttributesCount: 1, droppedEventsCount: 1, droppedLinksCount: 1 });
  });
});

/** Which fields of a message are messages. */
interface Shape {
  readonly [field: number]: Shape;
}

const keyValue: { [field: number]: Shape } = {};
const anyValue: { [field: number]: Shape } = {
  5: {
    get 1() {
      return anyValue;
    },
  },
};
keyValue[2] = anyValue;
const span: Shape = { 9: keyValue, 11: { 3: keyValue }, 13: { 4: keyValue }, 15: {} };
const request: Shape = { 1: { 1: { 1: keyValue }, 2: { 1: {}, 2: span } } };

type Fields = readonly (readonly [field: number, value: bigint | string | Fields])[];

/**
 * The fields of a protobuf message by their numbers, bytes and text in hex. Zeros say nothing and are left out, but in values of
 * attributes, where they do.
 */
function fieldsOf(bytes: Uint8Array, shape: Shape = request): Fields {
  const fields: [number, bigint | string | Fields][] = [];
  const view = Buffer.from(bytes);
  let at = 0;
  const varint = () => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = view[at++]!;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  const take = (size: number) => view.subarray(at, (at += size));
  while (at < view.length) {
    const tag = Number(varint());
    const [field, wire] = [tag >>> 3, tag & 7];
    const inner = shape[field];
    const value = wire === 0 ? varint() : take(wire === 2 ? Number(varint()) : wire === 1 ? 8 : 4);
    const read = typeof value === "bigint" ? value : inner ? fieldsOf(value, inner) : value.toString("hex");
    const saysNothing = read === 0n || read.toString() === "";
    if (shape === anyValue || inner === anyValue || !saysNothing) fields.push([field, read]);
  }
  return fields.sort(([one], [two]) => one - two);
}

/** The encoded spans, whatever resource and scope they are under. */
function spansIn(fields: Fields, shape: Shape = request): Fields[] {
  return fields.flatMap(([field, value]) => {
    const inner = shape[field];
    if (!inner || !Array.isArray(value)) return [];
    return inner === span ? [value as Fields] : spansIn(value as Fields, inner);
  });
}
