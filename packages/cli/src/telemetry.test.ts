import { expect, it } from "vitest";
import { destinationOf } from "./telemetry.js";

const endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";
const grpc = { OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" };

it.each([
  [{ [endpoint]: "http://user:hunter2@collector:4318/otlp?key=hunter2" }, "http://collector:4318"],
  [{ [endpoint]: "http://[::1]:4318/", OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "" }, "http://[::1]:4318"],
  [{ ...grpc, [endpoint]: "collector:4317" }, "http://collector:4317"],
  [{ ...grpc, OTEL_TRACES_EXPORTER: "console, otlp" }, "http://localhost:4317, console"],
  [{ OTEL_EXPORTER_OTLP_PROTOCOL: "morse", OTEL_TRACES_EXPORTER: "otlp" }, "otlp"],
  [{ OTEL_TRACES_EXPORTER: "console" }, "console"],
])("a worker says of %j that its traces go to %s", (env, destination) => {
  expect(destinationOf(env)).toBe(destination);
});
