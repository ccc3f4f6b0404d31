import { ActorError, DeadlockError, type SpanOptions } from "@actor-runtime/core";
import { context, propagation, ROOT_CONTEXT, type Span, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { NodeSDK } from "@opentelemetry/sdk-node";
import {
  AlwaysOffSampler,
  InMemorySpanExporter,
  ParentBasedSampler,
  type Sampler,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace";
import * as fc from "fast-check";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { OtelTelemetry } from "./otel-telemetry.js";

const baggage = "user=alice";
const traceId = "0af7651916cd43dd8448eb211c80319c";
const sampled = `00-${traceId}-00f067aa0ba902b7-01`;
const notSampled = `00-${traceId}-00f067aa0ba902b7-00`;
const nobody = new ParentBasedSampler({ root: new AlwaysOffSampler() });

/** A program's own SDK, and our telemetry on its API. */
function program(sampler?: Sampler) {
  const exporter = new InMemorySpanExporter();
  const sdk = new NodeSDK({
    spanProcessors: [new SimpleSpanProcessor({ exporter })],
    metricReaders: [],
    logRecordProcessors: [],
    autoDetectResources: false,
    ...(sampler && { sampler }),
  });
  sdk.start();
  onTestFinished(async () => {
    await sdk.shutdown();
    for (const api of [trace, context, propagation]) api.disable();
  });
  const telemetry = new OtelTelemetry();
  return {
    telemetry,
    exporter,
    exported: (name: string) => exporter.getFinishedSpans().find((span) => span.name === name)!,
    library: trace.getTracer("a library"),
    span: (name: string, options: Partial<SpanOptions> = {}) => telemetry.span(name, { kind: "internal", ...options }),
  };
}

describe("Spans through the OpenTelemetry API", () => {
  it("P11: ties a message's spans together: kind, parent and attributes arrive at the SDK", () => {
    const { span, exported } = program();
    const send = span("send Account", { kind: "producer", attributes: Object.freeze({ "actor.type": "Account" }) });
    const process = span("process Account.deposit", { kind: "consumer", parent: send.headers });
    process.set("actor.outcome", "ok");
    process.event("retry scheduled", { "actor.delay_ms": 20 });
    process.end();
    send.end();
    const [sent, processed] = [exported("send Account"), exported("process Account.deposit")];
    expect(sent.kind).toBe(SpanKind.PRODUCER);
    expect(sent.attributes).toEqual({ "actor.type": "Account" });
    expect(processed.kind).toBe(SpanKind.CONSUMER);
    expect(processed.parentSpanContext).toMatchObject({ spanId: send.ids!.span_id, isRemote: true });
    expect(processed.spanContext().traceId).toBe(send.ids!.trace_id);
    expect(processed.attributes).toEqual({ "actor.outcome": "ok" });
    expect(processed.events).toMatchObject([{ name: "retry scheduled", attributes: { "actor.delay_ms": 20 } }]);
  });

  it("P11: nests with spans of the user and of libraries, both ways", async () => {
    const { span, exported, library } = program();
    await library.startActiveSpan("GET /deposit", async (request) => {
      await Promise.resolve();
      const ask = span("ask Account.deposit", { kind: "client" });
      await ask.run(async () => {
        await Promise.resolve();
        library.startSpan("SELECT").end();
      });
      ask.end();
      request.end();
    });
    expect(exported("ask Account.deposit").parentSpanContext?.spanId).toBe(
      exported("GET /deposit").spanContext().spanId,
    );
    expect(exported("SELECT").parentSpanContext?.spanId).toBe(exported("ask Account.deposit").spanContext().spanId);
  });

  it("P11: links to the spans behind headers, and to nothing behind empty or broken ones", () => {
    const { span, exported } = program();
    const one = span("one", { parent: "none" });
    span("two", { links: [one.headers, {}, { traceparent: "garbage" }] }).end();
    expect(exported("two").links.map((link) => link.context.spanId)).toEqual([one.ids!.span_id]);
  });

  it("P11: passes tracestate and baggage on from message to message", () => {
    const { span } = program();
    const headers = { traceparent: sampled, tracestate: "vendor=1", baggage };
    const process = span("process", { parent: headers });
    expect(process.headers).toEqual({ ...headers, traceparent: `00-${traceId}-${process.ids!.span_id}-01` });
    process.run(() => {
      expect(propagation.getActiveBaggage()?.getEntry("user")?.value).toBe("alice");
      expect(span("ask").headers).toMatchObject({ tracestate: "vendor=1", baggage });
    });
  });

  it("P12: drops baggage over 8 KiB and keeps the trace", () => {
    const { span } = program();
    const process = span("process", { parent: { traceparent: sampled, baggage: `user=${"a".repeat(9_000)}` } });
    expect(process.ids!.trace_id).toBe(traceId);
    expect(process.headers).not.toHaveProperty("baggage");
  });

  it("P13: headers of a hostile sender never throw, and what is no trace begins a new one", () => {
    const { span } = program();
    const value = fc.oneof(fc.string(), fc.constant(sampled), fc.anything());
    const headers = fc.record({ traceparent: value, tracestate: value, baggage: value }, { requiredKeys: [] });
    fc.assert(
      fc.property(headers, (hostile) => {
        const process = span("process", { parent: hostile as Record<string, string> });
        process.run(() => span("ask").end());
        process.end();
      }),
    );
    expect(span("process", { parent: { traceparent: `00-${"0".repeat(32)}-00f067aa0ba902b7-01` } }).recording).toBe(
      true,
    );
  });

  it("P11: a root that the sampler drops travels as nothing, and nobody below it traces, no library either", async () => {
    const { span, exporter, library, telemetry } = program(nobody);
    const root = span("send Account", { kind: "producer" });
    expect(root).toMatchObject({ recording: false, headers: {}, ids: undefined });
    const receiver = span("process", { parent: root.headers });
    await receiver.run(async () => {
      await Promise.resolve();
      expect(span("ask")).toBe(telemetry.sampledOut);
      library.startSpan("SELECT").end();
    });
    expect(exporter.getFinishedSpans()).toEqual([]);
  });

  it("P11: below a message without a trace a sampler that takes every root takes no span of a library", () => {
    const { span, exporter, library } = program();
    span("process", { parent: {} }).run(() => {
      library.startActiveSpan("SELECT", (select: Span) => {
        expect(span("ask").headers).toEqual({});
        select.end();
      });
    });
    expect(exporter.getFinishedSpans()).toEqual([]);
  });

  it("P11: a sampled-out span below a parent passes that parent on, not sampled", () => {
    const { span } = program();
    const process = span("process", { parent: { traceparent: notSampled, tracestate: "vendor=1", baggage } });
    expect(process).toMatchObject({ recording: false, ids: undefined });
    expect(process.headers).toEqual({ traceparent: notSampled, tracestate: "vendor=1", baggage });
    expect(process.run(() => span("ask").headers)).toEqual(process.headers);
  });

  it("P11: a dropped root with baggage sends the baggage on, with the word that nothing is traced", () => {
    const { span } = program(nobody);
    const laden = propagation.setBaggage(ROOT_CONTEXT, propagation.createBaggage({ user: { value: "alice" } }));
    const headers = context.with(laden, () => span("send Account").headers);
    expect(headers).toMatchObject({ baggage, traceparent: expect.stringMatching(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/) });
  });

  it("ends as failed with the class of the error and its stack, once", () => {
    const { span, exported } = program();
    const deadlock = new DeadlockError(["Account/alice", "Bank/main", "Account/alice"]);
    const ask = span("ask");
    ask.fail(deadlock);
    ask.fail(new Error("later"));
    const failed = exported("ask");
    expect(failed.status).toEqual({ code: SpanStatusCode.ERROR, message: deadlock.message });
    expect(failed.attributes).toEqual({ "error.type": "DeadlockError" });
    expect(failed.events).toMatchObject([
      {
        name: "exception",
        attributes: {
          "exception.type": "DeadlockError",
          "exception.message": deadlock.message,
          "exception.stacktrace": expect.stringContaining("otel-spans.test"),
        },
      },
    ]);
    span("odd").fail("not an error");
    expect(exported("odd").attributes).toEqual({ "error.type": "_OTHER" });
    expect(deadlock).toBeInstanceOf(ActorError);
  });

  it("speaks the propagator that the program registered", () => {
    vi.stubEnv("OTEL_PROPAGATORS", "b3");
    onTestFinished(() => void vi.unstubAllEnvs());
    const { span } = program();
    const send = span("send");
    expect(send.headers).toEqual({ b3: `${send.ids!.trace_id}-${send.ids!.span_id}-1` });
    expect(span("process", { parent: send.headers }).ids!.trace_id).toBe(send.ids!.trace_id);
  });

  it("P11: speaks W3C where no propagator is registered, for silence would mean that nothing is traced", () => {
    program();
    propagation.disable();
    const telemetry = new OtelTelemetry();
    const send = telemetry.span("send", { kind: "producer" });
    expect(send.headers).toEqual({ traceparent: `00-${send.ids!.trace_id}-${send.ids!.span_id}-01` });
  });

  it.each(["none", "baggage"])(
    "P11: lost the trace of whoever had baggage, with a propagator for %s",
    (propagators) => {
      vi.stubEnv("OTEL_PROPAGATORS", propagators);
      onTestFinished(() => void vi.unstubAllEnvs());
      const { span } = program();
      const laden = propagation.setBaggage(ROOT_CONTEXT, propagation.createBaggage({ user: { value: "alice" } }));
      const send = context.with(laden, () => span("send Account"));
      expect(send.headers["traceparent"]).toContain(send.ids!.span_id);
      const process = span("process Account.deposit", { parent: { ...send.headers, baggage } });
      expect(process.ids!.trace_id).toBe(send.ids!.trace_id);
    },
  );
});
