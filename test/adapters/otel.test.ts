import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Telemetry } from "@actor-runtime/core";
import { JoinedTelemetry, OtelTelemetry, PrometheusMetrics } from "@actor-runtime/otel";
import { startSdk } from "@actor-runtime/otel/sdk";
import { vi } from "vitest";
import { telemetryContract } from "../contracts/telemetry.contract.js";

const logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** An SDK whose spans and metrics go to a receiver that takes everything. */
async function started(choose: (own: Telemetry) => Telemetry) {
  const receiver = createServer((request, response) => request.resume().on("end", () => response.end()));
  await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
  vi.stubEnv("OTEL_EXPORTER_OTLP_ENDPOINT", `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`);
  vi.stubEnv("OTEL_METRICS_EXPORTER", "otlp");
  const sdk = await startSdk({ workerId: "worker-1", logger });
  return {
    port: choose(sdk.telemetry),
    dispose: async () => {
      await sdk.shutdown();
      vi.unstubAllEnvs();
      receiver.closeAllConnections();
      await new Promise((resolve) => receiver.close(resolve));
    },
  };
}

telemetryContract("OpenTelemetry, the SDK started by the environment", () => started((own) => own));
telemetryContract("OpenTelemetry, whatever is registered with its API", () => started(() => new OtelTelemetry()));
telemetryContract("OpenTelemetry and Prometheus together", () =>
  started((own) => new JoinedTelemetry({ spans: own, metrics: [own, new PrometheusMetrics()] })),
);
telemetryContract("Prometheus alone", async () => ({
  port: new JoinedTelemetry({ metrics: [new PrometheusMetrics()] }),
  dispose: async () => {},
}));
