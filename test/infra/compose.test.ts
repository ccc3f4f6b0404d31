import { stat } from "node:fs/promises";
import { durationMs } from "@actor-runtime/core";
import { DCLinter } from "dclint";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { projectWith } from "../stories/cli-process.js";
import { drainMs, pathOf, read } from "./files.js";

interface Service {
  readonly image?: string;
  readonly build?: { readonly context: string; readonly dockerfile: string };
  readonly profiles?: readonly string[];
  readonly command?: readonly string[];
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly deploy?: { readonly replicas: number };
  readonly stop_grace_period?: `${number}s`;
}

/** What of the linter's messages matters here; its own types do not resolve. */
interface Message {
  readonly type: string;
  readonly message: string;
}

/** What the schema of the Compose Specification and the linter's rules say. */
function lint(file: string): string[] {
  const rules = {
    "no-unbound-port-interfaces": 2,
    "no-build-and-image": 2,
    "service-image-require-explicit-tag": 2,
  } as const;
  const [result] = new DCLinter({ rules, quiet: true, debug: false, exclude: [] }).lintFiles([file], false);
  const messages: readonly Message[] = result?.messages ?? [];
  return messages.filter(({ type }) => type === "error").map(({ message }) => message);
}

describe("compose.yaml", async () => {
  const { services, volumes } = parse(await read("compose.yaml")) as {
    services: Record<string, Service>;
    volumes: Record<string, null>;
  };
  const all = Object.entries(services);

  it("follows the Compose Specification", async () => {
    expect(lint(pathOf("compose.yaml"))).toEqual([]);
  });

  it("would be caught if it did not", async () => {
    const text = await read("compose.yaml");
    const mutants = [
      text.replace("healthcheck:", "healthchek:"),
      text.replace("condition: service_healthy", "condition: healthy"),
      text.replace('"127.0.0.1:5672:5672"', '"5672:5672"'),
      text.replace("rabbitmq:4-management", "rabbitmq"),
    ];
    for (const mutant of mutants) {
      const folder = await projectWith({ "compose.yaml": mutant });
      expect(mutant).not.toBe(text);
      expect(lint(`${folder}/compose.yaml`)).not.toEqual([]);
    }
  });

  it("binds every port to loopback and gives every image a version and a health check", () => {
    expect(all.flatMap(([, { ports = [] }]) => ports).filter((port) => !port.startsWith("127.0.0.1:"))).toEqual([]);
    for (const [, { image, healthcheck }] of all.filter(([, { build }]) => !build)) {
      expect(image).toMatch(/:v?\d/);
      expect(healthcheck!.test[0]).toBe("CMD");
    }
  });

  it("mounts only files there are, and volumes it declares", async () => {
    for (const source of all.flatMap(([, { volumes: mounts = [] }]) => mounts.map((mount) => mount.split(":")[0]!))) {
      if (source.startsWith("./")) await stat(pathOf(source));
      else expect(volumes).toHaveProperty(source);
    }
  });

  it("starts broker, store and Jaeger alone, the rest by profile", () => {
    const profiles = Object.fromEntries(all.map(([name, { profiles: list = [] }]) => [name, list.join()]));
    expect(profiles).toEqual({
      rabbitmq: "",
      redis: "",
      jaeger: "",
      prometheus: "metrics",
      grafana: "metrics",
      worker: "workers",
    });
  });

  it("has three workers of the bank that wait for their services, send traces and may drain", () => {
    const worker = services["worker"]!;
    expect(worker.build).toEqual({ context: "..", dockerfile: "infra/docker/Dockerfile" });
    expect(worker.deploy).toEqual({ replicas: 3 });
    expect(worker.command).toEqual(["start", "examples/bank/src/accounts.ts"]);
    for (const name of ["rabbitmq", "redis"]) {
      expect(worker.depends_on![name]).toEqual({ condition: "service_healthy" });
    }
    const { AMQP_URL, REDIS_URL, OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_SERVICE_NAME } = worker.environment!;
    const hosts = [AMQP_URL, REDIS_URL, OTEL_EXPORTER_OTLP_ENDPOINT].map((url) => new URL(url!).host);
    expect(hosts).toEqual(["rabbitmq:5672", "redis:6379", "jaeger:4318"]);
    expect(OTEL_SERVICE_NAME).toBe("bank");
    expect(durationMs(worker.stop_grace_period!, "stop_grace_period")).toBeGreaterThan(drainMs);
  });

  it("gives Jaeger a configuration that takes OTLP over HTTP and gRPC and answers its health check", async () => {
    const { service, receivers, extensions, exporters } = parse(await read("jaeger/config.yaml")) as {
      service: { extensions: string[]; pipelines: { traces: Record<string, string[]> } };
      receivers: { otlp: { protocols: Record<string, { endpoint: string }> } };
      extensions: Record<string, { http?: { endpoint: string } }>;
      exporters: Record<string, object>;
    };
    const { grpc, http } = receivers.otlp.protocols;
    expect([grpc?.endpoint, http?.endpoint]).toEqual(["0.0.0.0:4317", "0.0.0.0:4318"]);
    expect(service.extensions.toSorted()).toEqual(Object.keys(extensions).toSorted());
    expect(service.pipelines.traces["exporters"]).toEqual(Object.keys(exporters));
    const [, port] = extensions["healthcheckv2"]!.http!.endpoint.split(":");
    expect(services["jaeger"]!.healthcheck!.test.at(-1)).toContain(`127.0.0.1:${port}/`);
  });
});
