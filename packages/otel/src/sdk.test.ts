import { createServer, type IncomingHttpHeaders } from "node:http";
import { createServer as createHttp2Server } from "node:http2";
import type { AddressInfo } from "node:net";
import { gunzipSync } from "node:zlib";
import { ConfigError, type Logger } from "@actor-runtime/core";
import { trace } from "@opentelemetry/api";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { type SdkOptions, startSdk } from "./sdk.js";

/** A receiver of OTLP on a free port, and an environment that points there and says nothing else. */
async function receiver({ status = 200 }: { readonly status?: number } = {}) {
  const requests: { readonly path: string; readonly headers: IncomingHttpHeaders; readonly body: Buffer }[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = Buffer.concat(chunks);
      requests.push({
        path: request.url!,
        headers: request.headers,
        body: request.headers["content-encoding"] === "gzip" ? gunzipSync(body) : body,
      });
      response.writeHead(status).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  for (const name of Object.keys(process.env)) if (name.startsWith("OTEL_")) vi.stubEnv(name, undefined);
  vi.stubEnv("OTEL_EXPORTER_OTLP_ENDPOINT", url);
  onTestFinished(() => {
    vi.unstubAllEnvs();
    server.closeAllConnections();
    server.close();
  });
  return { url, requests, server };
}

function log() {
  const lines: string[] = [];
  const keep = (fields: object, line: string) => void lines.push(`${line} ${JSON.stringify(fields)}`);
  const logger: Logger = { debug: keep, info: keep, warn: keep, error: keep };
  return { lines, logger };
}

async function start(options: Partial<SdkOptions> = {}) {
  const sdk = await startSdk({ workerId: "worker-1", logger: log().logger, ...options });
  onTestFinished(() => sdk.shutdown());
  return sdk;
}

interface JsonSpan {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly kind: number;
}
interface JsonRequest {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly { key: string; value: { stringValue?: string } }[] };
    readonly scopeSpans: readonly { readonly spans: readonly JsonSpan[] }[];
  }[];
}

const spansOf = ({ resourceSpans }: JsonRequest): JsonSpan[] =>
  resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans));

describe("The SDK started by the environment", () => {
  it("P11: exports our spans and the program's own in one tree, as one service", async () => {
    const { requests } = await receiver();
    vi.stubEnv("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json");
    const { telemetry, shutdown } = await start({ build: "2026-11-21" });
    const send = telemetry.span("send Account", { kind: "producer" });
    const process = telemetry.span("process Account.deposit", { kind: "consumer", parent: send.headers });
    process.run(() =>
      trace.getTracer("a library").startActiveSpan("SELECT", (select) => {
        telemetry.span("ask Bank.charge", { kind: "client" }).end();
        select.end();
      }),
    );
    for (const span of [process, send]) span.end();
    await shutdown();
    const [first, ...others] = requests.map(({ body }) => JSON.parse(body.toString()) as JsonRequest);
    expect(others).toEqual([]);
    const named = new Map(spansOf(first!).map((span) => [span.name, span]));
    expect([...named.keys()].sort()).toEqual(["SELECT", "ask Bank.charge", "process Account.deposit", "send Account"]);
    expect(new Set([...named.values()].map(({ traceId }) => traceId)).size).toBe(1);
    const parentOf = (name: string) =>
      [...named.values()].find(({ spanId }) => spanId === named.get(name)!.parentSpanId)?.name;
    expect(parentOf("send Account")).toBeUndefined();
    expect(parentOf("process Account.deposit")).toBe("send Account");
    expect(parentOf("SELECT")).toBe("process Account.deposit");
    expect(parentOf("ask Bank.charge")).toBe("SELECT");
    const resource = new Map(
      first!.resourceSpans[0]!.resource.attributes.map(({ key, value }) => [key, value.stringValue]),
    );
    expect(Object.fromEntries(resource)).toMatchObject({
      "service.name": "actor-worker",
      "service.instance.id": "worker-1",
      "service.version": "2026-11-21",
    });
  });

  it("P11: speaks protobuf by default, with the headers and the compression of the environment", async () => {
    const { requests } = await receiver();
    vi.stubEnv("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20secret");
    vi.stubEnv("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip");
    vi.stubEnv("OTEL_SERVICE_NAME", "bank");
    const { telemetry, shutdown } = await start();
    telemetry.span("send Account", { kind: "producer", attributes: Object.freeze({ "actor.type": "Account" }) }).end();
    await shutdown();
    expect(requests).toHaveLength(1);
    const [{ path, headers, body }] = requests as [(typeof requests)[0]];
    expect([path, headers["content-type"], headers.authorization]).toEqual([
      "/v1/traces",
      "application/x-protobuf",
      "Bearer secret",
    ]);
    for (const text of ["send Account", "actor.type", "service.name", "bank"]) expect(body.includes(text)).toBe(true);
  });

  it("P11: speaks gRPC where the environment says so", async () => {
    await receiver();
    const paths: (string | undefined)[] = [];
    const bytes: Buffer[] = [];
    const server = createHttp2Server((request, response) => {
      paths.push(request.url);
      request.on("data", (chunk: Buffer) => bytes.push(chunk));
      request.on("end", () => {
        // An empty message, and that all went well.
        response.writeHead(200, { "content-type": "application/grpc" });
        response.write(Buffer.alloc(5));
        response.addTrailers({ "grpc-status": "0" });
        response.end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    vi.stubEnv("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc");
    vi.stubEnv("OTEL_EXPORTER_OTLP_ENDPOINT", `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    const { lines, logger } = log();
    const { telemetry, shutdown } = await start({ logger });
    telemetry.span("send Account", { kind: "producer" }).end();
    await shutdown();
    expect(paths).toEqual(["/opentelemetry.proto.collector.trace.v1.TraceService/Export"]);
    expect(Buffer.concat(bytes).includes("send Account")).toBe(true);
    expect(lines).toEqual([]);
  });

  it("never exports the command line, which may hold passwords", async () => {
    const { requests } = await receiver();
    const { telemetry, shutdown } = await start();
    telemetry.span("send Account", { kind: "producer" }).end();
    await shutdown();
    expect(requests[0]!.body.includes("process.pid")).toBe(true);
    expect(requests[0]!.body.includes("command_args")).toBe(false);
  });

  it("P11: samples as the environment says, and what it drops travels as nothing", async () => {
    const { requests } = await receiver();
    vi.stubEnv("OTEL_TRACES_SAMPLER", "parentbased_traceidratio");
    vi.stubEnv("OTEL_TRACES_SAMPLER_ARG", "0.25");
    const { telemetry, shutdown } = await start();
    const roots = Array.from({ length: 4_000 }, () => telemetry.span("send Account", { kind: "producer" }));
    const share = roots.filter(({ recording }) => recording).length / roots.length;
    // 0.25 ± 6 standard deviations
    expect(Math.abs(share - 0.25)).toBeLessThan(0.042);
    expect(roots.every(({ recording, headers }) => recording === "traceparent" in headers)).toBe(true);
    const parent = { traceparent: "00-ffffffffffffffffffffffffffffffff-00f067aa0ba902b7-01" };
    expect(telemetry.span("process", { kind: "consumer", parent }).recording).toBe(true);
    await shutdown();
    expect(requests).toEqual([]);
  });

  it("P11: decides by the trace's id as the SDK does where the sampler does not ask the parent", async () => {
    await receiver();
    vi.stubEnv("OTEL_TRACES_SAMPLER", "traceidratio");
    vi.stubEnv("OTEL_TRACES_SAMPLER_ARG", "0.5");
    const { telemetry } = await start();
    const library = trace.getTracer("a library");
    for (let count = 0; count < 200; count++) {
      const digits = () =>
        Math.floor(Math.random() * 2 ** 32)
          .toString(16)
          .padStart(8, "0");
      const parent = { traceparent: `00-${digits()}${digits()}${digits()}${digits()}-00f067aa0ba902b7-01` };
      const ours = telemetry.span("process", { kind: "consumer", parent });
      ours.run(() => expect(library.startSpan("SELECT").isRecording()).toBe(ours.recording));
    }
  });

  it("P11: sends metrics only where they are asked for", async () => {
    const { requests } = await receiver();
    const silent = await start();
    silent.telemetry.count("actor.dead_letters", 1, { type: "Account" });
    await silent.shutdown();
    expect(requests).toEqual([]);

    vi.stubEnv("OTEL_METRICS_EXPORTER", "otlp");
    vi.stubEnv("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json");
    const { telemetry, shutdown } = await start();
    telemetry.counter("actor.messages", { type: "Account" })(3);
    telemetry.histogram("actor.turn.duration", { type: "Account" })(0.004);
    telemetry.observe("actor.activations", () => [{ value: 7, labels: { type: "Account" } }]);
    await shutdown();
    expect(requests.map(({ path }) => path)).toEqual(["/v1/metrics"]);
    const { resourceMetrics } = JSON.parse(requests[0]!.body.toString());
    const [messages, duration, activations] = resourceMetrics[0].scopeMetrics[0].metrics;
    expect(messages).toMatchObject({ name: "actor.messages", unit: "{message}", sum: { isMonotonic: true } });
    expect(messages.sum.dataPoints[0]).toMatchObject({ asDouble: 3 });
    expect(duration).toMatchObject({ name: "actor.turn.duration", unit: "s" });
    expect(duration.histogram.dataPoints[0]).toMatchObject({ count: 1, sum: 0.004 });
    expect(duration.histogram.dataPoints[0].explicitBounds).toContain(0.00025);
    expect(activations).toMatchObject({ name: "actor.activations", gauge: { dataPoints: [{ asDouble: 7 }] } });
  });

  it("refuses an endpoint that is no URL, by the name of its variable", async () => {
    await receiver();
    for (const name of ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"]) {
      vi.stubEnv(name, "localhost:4318");
      const started = startSdk({ workerId: "worker-1", logger: log().logger });
      await expect(started).rejects.toThrow(ConfigError);
      await expect(started).rejects.toThrow(name);
      vi.stubEnv(name, undefined);
      vi.stubEnv("OTEL_TRACES_EXPORTER", "otlp");
    }
  });

  it("showed the password of an endpoint that is no URL, and the key in headers without names", async () => {
    await receiver();
    for (const [name, value] of [
      ["OTEL_EXPORTER_OTLP_ENDPOINT", "htp://user:hunter2@localhost:4318"],
      ["OTEL_EXPORTER_OTLP_HEADERS", "authorization: Basic hunter2=="],
      ["OTEL_EXPORTER_OTLP_TRACES_HEADERS", "tenant=a, authorization: Basic hunter2=="],
    ] as const) {
      vi.stubEnv(name, value);
      const started = startSdk({ workerId: "worker-1", logger: log().logger });
      await expect(started).rejects.toThrow(ConfigError);
      await expect(started).rejects.toThrow(name);
      await expect(started).rejects.toThrow(/^(?!.*hunter2)/s);
      vi.unstubAllEnvs();
      vi.stubEnv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:4318");
    }
  });

  it("warns of values that OpenTelemetry says to ignore, and goes on with the default", async () => {
    await receiver();
    const { lines, logger } = log();
    vi.stubEnv("OTEL_TRACES_SAMPLER", "sometimes");
    vi.stubEnv("OTEL_TRACES_EXPORTER", "otlp,pigeon");
    vi.stubEnv("OTEL_EXPORTER_OTLP_PROTOCOL", "morse");
    vi.stubEnv("OTEL_BSP_MAX_QUEUE_SIZE", "-1");
    vi.stubEnv("OTEL_SPAN_EVENT_COUNT_LIMIT", "many");
    const { telemetry } = await start({ logger });
    expect(telemetry.span("send", { kind: "producer" }).recording).toBe(true);
    for (const name of [
      "OTEL_TRACES_SAMPLER",
      "OTEL_TRACES_EXPORTER",
      "OTEL_EXPORTER_OTLP_PROTOCOL",
      "OTEL_BSP_MAX_QUEUE_SIZE",
      "OTEL_SPAN_EVENT_COUNT_LIMIT",
    ]) {
      expect(lines.filter((line) => line.startsWith(`${name} is ignored`))).toHaveLength(1);
    }
  });

  it("logs once that a receiver refuses its spans, and ends in time", async () => {
    await receiver({ status: 400 });
    vi.stubEnv("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "10");
    const { lines, logger } = log();
    const { telemetry, shutdown } = await start({ logger });
    for (let count = 0; count < 100; count++) telemetry.span("send", { kind: "producer" }).end();
    await shutdown();
    expect(lines.filter((line) => line.startsWith("spans are lost"))).toHaveLength(1);
    expect(lines.at(-1)).toBe('spans were lost {"lost":100}');
  });

  it("ends within its cap when the receiver does not answer", async () => {
    const { server } = await receiver();
    server.removeAllListeners("request");
    const { lines, logger } = log();
    const { telemetry, shutdown } = await start({ logger });
    telemetry.span("send", { kind: "producer" }).end();
    await shutdown(50);
    expect(lines).toEqual(['not all telemetry could be exported before the end {"capMs":50,"spans":1}']);
  });
});
