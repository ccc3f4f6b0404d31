import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { certificate, TlsProxy } from "../adapters/redis/tls-proxy.js";
import { actorRuntime, projectWith } from "./cli-process.js";

describe("doctor on traces", () => {
  it("finds a receiver behind TLS once its authority is named, and says so until then", async () => {
    const receiver = createServer((_, response) => response.end()).listen(0, "127.0.0.1");
    await once(receiver, "listening");
    const proxy = await TlsProxy.to((receiver.address() as AddressInfo).port);
    try {
      const cwd = await projectWith({ "ca.pem": certificate });
      const env = { OTEL_EXPORTER_OTLP_ENDPOINT: proxy.url.replace("rediss:", "https:") };
      const traces = async (variables: Readonly<Record<string, string>>) => {
        const { code, stdout } = await actorRuntime(["doctor", "--json", "--port", "0"], { cwd, env: variables });
        const { checks } = JSON.parse(stdout) as { checks: { name: string }[] };
        return [code, checks.find(({ name }) => name === "traces")];
      };
      expect(await traces(env)).toEqual([
        1,
        expect.objectContaining({ status: "fail", fix: expect.stringContaining("OTEL_EXPORTER_OTLP_CERTIFICATE") }),
      ]);
      expect(await traces({ ...env, OTEL_EXPORTER_OTLP_CERTIFICATE: "ca.pem" })).toEqual([
        0,
        expect.objectContaining({ status: "ok" }),
      ]);
      expect(await traces({ ...env, OTEL_EXPORTER_OTLP_CERTIFICATE: "no.pem" })).toEqual([
        1,
        expect.objectContaining({ status: "fail", fix: expect.stringContaining("must name a PEM file") }),
      ]);
    } finally {
      proxy.close();
      receiver.close();
    }
  });
});
