import { describe, expect, it } from "vitest";
import { RecordingTelemetry } from "./recording-telemetry.js";

describe("RecordingTelemetry", () => {
  it("shows spans with their events and how they ended", () => {
    const telemetry = new RecordingTelemetry();
    const error = new Error("insufficient funds");
    const span = telemetry.span("process", { kind: "consumer", attributes: { "actor.type": "Account" } });
    span.event("parked", { position: 3 });
    span.fail(error);
    span.end();
    expect(telemetry.spans).toMatchObject([
      {
        name: "process",
        options: { kind: "consumer", attributes: { "actor.type": "Account" } },
        events: [{ name: "parked", attributes: { position: 3 } }],
        ended: true,
        error,
      },
    ]);
  });

  it("makes a span the child of the one whose body runs, also after an await, or of the headers of a message", async () => {
    const telemetry = new RecordingTelemetry();
    const outer = telemetry.span("outer", { kind: "client" });
    await outer.run(async () => {
      await Promise.resolve();
      telemetry.span("inner", { kind: "internal" });
    });
    telemetry.span("received", { kind: "consumer", parent: outer.headers });
    telemetry.span("alone", { kind: "internal" });
    const [first, inner, received, alone] = telemetry.spans;
    expect([inner!.parent, received!.parent, alone!.parent]).toEqual([
      first!.ids.span_id,
      first!.ids.span_id,
      undefined,
    ]);
    expect(alone!.ids.trace_id).not.toBe(first!.ids.trace_id);
    expect(telemetry.open).toHaveLength(4);
  });

  it("keeps nothing of what a sender sampled out", () => {
    const telemetry = new RecordingTelemetry();
    const span = telemetry.span("process", { kind: "consumer", parent: {} });
    span.run(() => telemetry.span("ask", { kind: "client" }));
    expect(span).toBe(telemetry.sampledOut);
    expect(telemetry.spans).toEqual([]);
  });

  it("adds up counters and keeps single values", () => {
    const telemetry = new RecordingTelemetry();
    telemetry.count("actor.dead_letters", 2, { type: "Account" });
    telemetry.counter("actor.dead_letters")(3);
    telemetry.count("actor.duplicates", 1);
    telemetry.histogram("actor.mailbox.wait")(0.5);
    expect([telemetry.total("actor.dead_letters"), telemetry.total("broker.blocked")]).toEqual([5, 0]);
    expect(telemetry.records).toEqual([{ instrument: "actor.mailbox.wait", value: 0.5, labels: {} }]);
  });

  it("reads a level when it is looked at, until it is stopped", () => {
    const telemetry = new RecordingTelemetry();
    let live = 1;
    const stop = telemetry.observe("actor.activations", () => [{ value: live, labels: { type: "Account" } }]);
    live = 2;
    expect(telemetry.levels("actor.activations")).toEqual([
      { instrument: "actor.activations", value: 2, labels: { type: "Account" } },
    ]);
    stop();
    expect(telemetry.levels("actor.activations")).toEqual([]);
  });
});
