import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import { createServer as createHttp2Server } from "node:http2";
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { afterEach, describe, expect, it } from "vitest";
import { checkOtlp } from "./otlp.js";

const open: { close(): void }[] = [];
afterEach(() => {
  for (const server of open.splice(0)) server.close();
});

async function listen(server: Server): Promise<string> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => sockets.add(socket));
  open.push({
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Answers whatever it is asked with the same bytes, and goes on with one more every few milliseconds. */
async function dripping(bytes: string) {
  const timers = new Set<NodeJS.Timeout>();
  open.push({ close: () => timers.forEach(clearInterval) });
  const at = await listen(
    createTcpServer((socket) => {
      socket.on("error", () => {}).write(bytes);
      timers.add(setInterval(() => socket.write("a"), 5));
    }),
  );
  return `http://${at}`;
}

/** Takes traces and metrics as the OpenTelemetry Collector does, and keeps the requests. */
async function receiver(status = 200) {
  const requests: IncomingMessage[] = [];
  const at = await listen(
    createServer((request, response) => {
      requests.push(request);
      const known = /^\/v1\/(traces|metrics)$/.test(request.url!) && request.method === "POST";
      response.writeHead(known ? status : 404).end();
    }),
  );
  return { url: `http://${at}`, requests };
}

async function deadUrl(): Promise<string> {
  const server = createTcpServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return `http://127.0.0.1:${port}`;
}

const check = (env: Record<string, string>) => checkOtlp(undefined, env);
const failure = (finding: RegExp, fix: RegExp, name = "traces") => [
  { name, status: "fail", finding: expect.stringMatching(finding), fix: expect.stringMatching(fix) },
];

describe("doctor on traces that are off", () => {
  it.each([
    ["nothing is configured", {}],
    [
      "they are switched off by name",
      { OTEL_TRACES_EXPORTER: "none", OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:1" },
    ],
    ["logs alone have an endpoint", { OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: "http://127.0.0.1:1/v1/logs" }],
  ])("says how to switch them on, and that is no failure, when %s", async (_, env) => {
    expect(await check(env)).toEqual([
      { name: "traces", status: "ok", finding: expect.stringMatching(/^off, .*set OTEL_EXPORTER_OTLP_ENDPOINT/) },
    ]);
  });

  it("says so when the whole SDK is disabled", async () => {
    const env = { OTEL_SDK_DISABLED: "true", OTEL_EXPORTER_OTLP_ENDPOINT: await deadUrl() };
    expect(await check(env)).toMatchObject([{ status: "ok", finding: expect.stringContaining("OTEL_SDK_DISABLED") }]);
  });

  it("looks for no receiver when they go to the console", async () => {
    expect(await check({ OTEL_TRACES_EXPORTER: "console" })).toMatchObject([
      { status: "ok", finding: "exported to console" },
    ]);
  });
});

it("doctor warns of an exporter that nobody knows, and looks for the receiver that gets the spans instead", async () => {
  const { url } = await receiver();
  expect(await check({ OTEL_TRACES_EXPORTER: "jaeger", OTEL_EXPORTER_OTLP_ENDPOINT: url })).toEqual([
    {
      name: "traces",
      status: "warn",
      finding: expect.stringContaining('"jaeger"'),
      fix: expect.stringContaining("otlp"),
    },
    { name: "traces", status: "ok", finding: `${url}/v1/traces takes them (http/protobuf)` },
  ]);
});

describe("doctor on a receiver of traces", () => {
  it("finds one that takes them", async () => {
    const { url, requests } = await receiver();
    expect(await check({ OTEL_EXPORTER_OTLP_ENDPOINT: url })).toEqual([
      { name: "traces", status: "ok", finding: `${url}/v1/traces takes them (http/protobuf)` },
    ]);
    expect(requests[0]!.headers["content-type"]).toBe("application/x-protobuf");
  });

  it("sends JSON and the headers where they are configured, and shows no password", async () => {
    const { url, requests } = await receiver();
    const [found] = await check({
      OTEL_EXPORTER_OTLP_ENDPOINT: url.replace("//", "//user:hunter2@"),
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
      OTEL_EXPORTER_OTLP_HEADERS: "api-key=general,tenant=a%20b",
      OTEL_EXPORTER_OTLP_TRACES_HEADERS: "api-key=own",
    });
    expect(found).toMatchObject({ status: "ok" });
    expect(found!.finding).not.toContain("hunter2");
    expect(requests[0]!.headers).toMatchObject({ "content-type": "application/json", "api-key": "own", tenant: "a b" });
  });

  it("takes the endpoint of the signal as it is, before the one for all", async () => {
    const { url, requests } = await receiver();
    const env = {
      OTEL_EXPORTER_OTLP_ENDPOINT: await deadUrl(),
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${url}/v1/traces`,
    };
    expect(await check(env)).toMatchObject([{ status: "ok" }]);
    expect(requests.map((request) => request.url)).toEqual(["/v1/traces"]);
  });

  it("looks at metrics too where they are exported, by name or by an endpoint of their own", async () => {
    const { url, requests } = await receiver();
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: url };
    for (const metrics of [
      { OTEL_METRICS_EXPORTER: "console, otlp" },
      { OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: `${url}/v1/metrics` },
    ]) {
      expect(await check({ ...env, ...metrics })).toMatchObject([
        { name: "traces", status: "ok" },
        { name: "metrics", status: "ok" },
      ]);
      expect(requests.splice(0).map((request) => request.url)).toEqual(["/v1/traces", "/v1/metrics"]);
    }
  });

  it.each([
    [401, /OTEL_EXPORTER_OTLP_HEADERS/],
    [415, /OTEL_EXPORTER_OTLP_PROTOCOL to http\/json/],
    [503, /look at its log/],
    [302, /is an OTLP receiver/],
  ])("fails with the fix when it answers %i", async (status, fix) => {
    const { url } = await receiver(status);
    expect(await check({ OTEL_EXPORTER_OTLP_ENDPOINT: url })).toEqual(failure(RegExp(`answers ${status}`), fix));
  });

  it("says which path is wrong when the base names one, and when the signal's endpoint names none", async () => {
    const { url } = await receiver();
    expect(await check({ OTEL_EXPORTER_OTLP_ENDPOINT: `${url}/v1/traces` })).toEqual(
      failure(/\/v1\/traces\/v1\/traces answers 404/, /is a base to which \/v1\/traces is added/),
    );
    expect(await check({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: url })).toEqual(
      failure(/answers 404/, /OTEL_EXPORTER_OTLP_TRACES_ENDPOINT is used as it is/),
    );
  });

  it("fails with the fix when nobody listens", async () => {
    const url = await deadUrl();
    expect(await check({ OTEL_EXPORTER_OTLP_ENDPOINT: url })).toEqual(
      failure(/cannot be reached \(ECONNREFUSED\)/, /start a receiver there, or correct OTEL_EXPORTER_OTLP_ENDPOINT/),
    );
  });

  it("gives up on one that never answers", async () => {
    const at = await listen(createTcpServer());
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: `http://${at}`, OTEL_EXPORTER_OTLP_TIMEOUT: "50" };
    expect(await check(env)).toEqual(failure(/ETIMEDOUT/, /firewall/));
    expect(await check({ ...env, OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" })).toEqual(failure(/ETIMEDOUT/, /firewall/));
  });

  it("waited for ever for one that answers a byte at a time", async () => {
    const url = await dripping("HTTP/1.1 200 OK\r\nx-answer: ");
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: url, OTEL_EXPORTER_OTLP_TIMEOUT: "100" };
    expect(await check(env)).toEqual(failure(/ETIMEDOUT/, /firewall/));
  });

  it("took a web page for a receiver", async () => {
    const at = await listen(
      createServer((_, response) => void response.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end()),
    );
    expect(await check({ OTEL_EXPORTER_OTLP_ENDPOINT: `http://${at}` })).toEqual(
      failure(/answers with a web page/, /is no OTLP receiver: name one in OTEL_EXPORTER_OTLP_ENDPOINT/),
    );
  });

  it("showed what is secret in an endpoint or in headers that make no sense", async () => {
    const { url } = await receiver(401);
    for (const env of [
      { OTEL_EXPORTER_OTLP_ENDPOINT: "htp://user:hunter2@host:4318" },
      { OTEL_EXPORTER_OTLP_ENDPOINT: "http://user:hunter@2@host:99999/?key=hunter2" },
      { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${url}/v1/traces?key=hunter2` },
      { OTEL_EXPORTER_OTLP_ENDPOINT: url, OTEL_EXPORTER_OTLP_HEADERS: "authorization: Basic hunter2==" },
    ]) {
      const found = await check(env);
      expect(found).toMatchObject([{ status: "fail" }]);
      expect(JSON.stringify(found)).not.toMatch(/hunter/);
    }
    const headers = { OTEL_EXPORTER_OTLP_ENDPOINT: url, OTEL_EXPORTER_OTLP_HEADERS: "authorization: Basic aGk==" };
    expect(await check(headers)).toEqual(
      failure(/ERR_INVALID_HTTP_TOKEN/, /OTEL_EXPORTER_OTLP_HEADERS must be a list/),
    );
  });

  it("tells a TLS port from a plain one, in both directions", async () => {
    const { url } = await receiver();
    expect(await check({ OTEL_EXPORTER_OTLP_ENDPOINT: url.replace("http:", "https:") })).toEqual(
      failure(/cannot be reached/, /use http:\/\/ in OTEL_EXPORTER_OTLP_ENDPOINT/),
    );
    const tls = createTlsServer().on("tlsClientError", () => {});
    expect(await check({ OTEL_EXPORTER_OTLP_ENDPOINT: `http://${await listen(tls)}` })).toEqual(
      failure(/cannot be reached/, /if it wants TLS, use https:\/\//),
    );
  });

  it("tells a gRPC port from one for HTTP, in both directions", async () => {
    const grpc = await listen(createHttp2Server());
    const { url } = await receiver();
    const overGrpc = { OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" };
    expect(await check({ ...overGrpc, OTEL_EXPORTER_OTLP_ENDPOINT: grpc })).toMatchObject([
      { status: "ok", finding: `http://${grpc}/ answers (grpc)` },
    ]);
    expect(await check({ OTEL_EXPORTER_OTLP_ENDPOINT: `http://${grpc}` })).toEqual(
      failure(/cannot be reached/, /gRPC port: use the one for HTTP, 4318/),
    );
    expect(await check({ ...overGrpc, OTEL_EXPORTER_OTLP_ENDPOINT: url })).toEqual(
      failure(/cannot be reached/, /does not speak gRPC: use the port for it, 4317/),
    );
    expect(await check({ ...overGrpc, OTEL_EXPORTER_OTLP_ENDPOINT: await deadUrl() })).toEqual(
      failure(/ECONNREFUSED/, /start a receiver/),
    );
  });

  it.each([
    [
      { OTEL_EXPORTER_OTLP_PROTOCOL: "http" },
      /OTEL_EXPORTER_OTLP_PROTOCOL is "http"/,
      /http\/protobuf, http\/json or grpc/,
    ],
    [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "jaeger:4318" }, /TRACES_ENDPOINT is "jaeger:4318"/, /a URL like http:\/\//],
  ])("names the variable that makes no sense: %j", async (env, finding, fix) => {
    expect(await check({ OTEL_TRACES_EXPORTER: "otlp", ...env })).toEqual(failure(finding, fix));
  });
});
