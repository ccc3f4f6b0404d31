import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { askedFor, chosenTraceExporters, isConfigured } from "./configured.js";

const endpoint = "http://localhost:4318";

describe("What the environment asks the SDK for", () => {
  it.each([
    [{}, ""],
    [{ OTEL_SERVICE_NAME: "bank", OTEL_TRACES_SAMPLER: "always_on" }, ""],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint }, "traces"],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: " " }, ""],
    [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: endpoint }, "traces"],
    [{ OTEL_TRACES_EXPORTER: "console" }, "traces"],
    [{ OTEL_TRACES_EXPORTER: "none", OTEL_EXPORTER_OTLP_ENDPOINT: endpoint }, ""],
    [{ OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: endpoint }, "metrics"],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_METRICS_EXPORTER: "otlp" }, "traces metrics"],
    [{ OTEL_METRICS_EXPORTER: "none", OTEL_LOGS_EXPORTER: "otlp" }, "logs"],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_SDK_DISABLED: "TRUE" }, ""],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_SDK_DISABLED: "yes" }, "traces"],
  ])("%o asks for: %s", (env, expected) => {
    const asked = Object.entries(askedFor(env)).flatMap(([signal, wanted]) => (wanted ? [signal] : []));
    expect(asked.join(" ")).toBe(expected);
    expect(isConfigured(env)).toBe(expected !== "");
  });

  it.each([
    [{}, []],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint }, ["otlp"]],
    [{ OTEL_TRACES_EXPORTER: "console, otlp,none" }, ["otlp", "console"]],
    [{ OTEL_TRACES_EXPORTER: "none", OTEL_EXPORTER_OTLP_ENDPOINT: endpoint }, []],
    [{ OTEL_TRACES_EXPORTER: "jaeger" }, ["otlp"]],
    [{ OTEL_TRACES_EXPORTER: "none,jaeger" }, []],
    [{ OTEL_TRACES_EXPORTER: "zipkin", OTEL_SDK_DISABLED: "true" }, []],
  ])("%o exports spans to: %j", (env, exporters) => {
    expect(chosenTraceExporters(env)).toEqual(exporters);
  });

  it("is told without loading anything", async () => {
    const script = `
      const { isConfigured } = await import("@actor-runtime/otel/configured");
      const { default: module } = await import("node:module");
      isConfigured(process.env);
      console.log(JSON.stringify(Object.keys(module._cache)));
    `;
    const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", script]);
    expect(JSON.parse(stdout)).toEqual([]);
  });

  it("needs no SDK where nothing is asked for, and neither do metrics for Prometheus", async () => {
    const script = `
      const { PrometheusMetrics } = await import("@actor-runtime/otel");
      const { default: module } = await import("node:module");
      await new PrometheusMetrics().text();
      const loaded = (part) => Object.keys(module._cache).some((file) => file.includes("@opentelemetry/" + part));
      console.log(JSON.stringify(["api", "sdk", "otlp", "exporter", "core", "resources"].filter(loaded)));
    `;
    const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", script]);
    expect(JSON.parse(stdout)).toEqual(["api"]);
  });
});
