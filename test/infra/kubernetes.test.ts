import { describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { drainMs, read } from "./files.js";

describe("worker.yaml", async () => {
  const documents = parseAllDocuments(await read("k8s/worker.yaml"));
  const [deployment] = documents.map((document) => document.toJS() as unknown) as [
    {
      spec: {
        template: {
          metadata: { annotations: Record<string, string> };
          spec: {
            terminationGracePeriodSeconds: number;
            containers: {
              env: { name: string; value?: string }[];
              ports: { name: string; containerPort: number }[];
              livenessProbe: { httpGet: { path: string; port: string } };
              readinessProbe: { httpGet: { path: string; port: string } };
              lifecycle?: { preStop: { sleep: { seconds: number } } };
            }[];
          };
        };
      };
    },
  ];
  const { metadata, spec } = deployment.spec.template;
  const [worker] = spec.containers;

  it("is YAML without mistakes", () => {
    expect(documents.flatMap(({ errors, warnings }) => [...errors, ...warnings])).toEqual([]);
  });

  it("probes the ops port, and Prometheus finds it there", () => {
    const ops = worker!.ports.find(({ name }) => name === "ops")!;
    expect(worker!.livenessProbe.httpGet).toEqual({ path: "/livez", port: "ops" });
    expect(worker!.readinessProbe.httpGet).toEqual({ path: "/readyz", port: "ops" });
    expect(metadata.annotations).toEqual({
      "prometheus.io/scrape": "true",
      "prometheus.io/path": "/metrics",
      "prometheus.io/port": String(ops.containerPort),
    });
  });

  it("leaves time for preStop and the drain", () => {
    const preStopMs = (worker!.lifecycle?.preStop.sleep.seconds ?? 0) * 1_000;
    expect(spec.terminationGracePeriodSeconds * 1_000).toBeGreaterThan(preStopMs + drainMs);
  });

  it("sends traces that name the worker", () => {
    const env = Object.fromEntries(worker!.env.map(({ name, value }) => [name, value]));
    expect(URL.canParse(env["OTEL_EXPORTER_OTLP_ENDPOINT"]!)).toBe(true);
    expect(env["OTEL_SERVICE_NAME"]).toBe("actors");
  });
});
