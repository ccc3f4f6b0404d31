import { describe, expect, it } from "vitest";
import { RecordingTelemetry } from "./recording-telemetry.js";

describe("RecordingTelemetry", () => {
  it("shows spans with their events and how they ended", () => {
    const telemetry = new RecordingTelemetry();
    const error = new Error("insufficient funds");
    const span = telemetry.span("process", { kind: "consumer", attributes: { "actor.type": "Account" } });
    span.event("parked", { position: 3 });
    span.end(error);
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

  it("adds up counters and keeps single values", () => {
    const telemetry = new RecordingTelemetry();
    telemetry.count("turns", 2, { type: "Account" });
    telemetry.count("turns", 3);
    telemetry.count("dead", 1);
    telemetry.record("seconds", 0.5);
    expect([telemetry.total("turns"), telemetry.total("never")]).toEqual([5, 0]);
    expect(telemetry.records).toEqual([{ instrument: "seconds", value: 0.5, labels: {} }]);
  });

  it("reads a level when it is looked at, until it is stopped", () => {
    const telemetry = new RecordingTelemetry();
    let live = 1;
    const stop = telemetry.observe("activations", () => [{ value: live, labels: { type: "Account" } }]);
    live = 2;
    expect(telemetry.levels("activations")).toEqual([
      { instrument: "activations", value: 2, labels: { type: "Account" } },
    ]);
    stop();
    expect(telemetry.levels("activations")).toEqual([]);
  });
});
