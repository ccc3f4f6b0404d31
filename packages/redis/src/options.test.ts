import { type Clock, ConfigError, type Logger, type Random, type Telemetry } from "@actor-runtime/core";
import { describe, expect, it } from "vitest";
import { type RedisServicesOptions, settingsOf } from "./options.js";

function settings(options: Partial<RedisServicesOptions>) {
  return settingsOf({
    urls: "redis://127.0.0.1",
    namespace: "shop",
    clock: {} as Clock,
    random: {} as Random,
    telemetry: {} as Telemetry,
    log: {} as Logger,
    ...options,
  });
}

describe("the options", () => {
  it("have defaults", () => {
    expect(settings({})).toMatchObject({
      endpoints: [{ host: "127.0.0.1", port: 6379 }],
      db: 0,
      username: undefined,
      password: undefined,
      tls: undefined,
      commandTimeoutMs: 2_500,
      connectTimeoutMs: 2_000,
      connectionName: "actor-runtime:shop",
    });
  });

  it("take a URL apart, characters written as %XX included", () => {
    expect(settings({ urls: "rediss://u%40x:p%2Fw@[::1]:7000/3" })).toMatchObject({
      endpoints: [{ host: "::1", port: 7000 }],
      username: "u@x",
      password: "p/w",
      db: 3,
      tls: {},
    });
  });

  it.each([
    [{ urls: [] }, "at least one"],
    [{ urls: "http://localhost" }, "redis:// or rediss://"],
    [{ urls: "localhost:6379" }, "redis:// or rediss://"],
    [{ urls: "redis://localhost/db" }, "the number of a database"],
    [{ urls: ["redis://a", "rediss://b"] }, "the same scheme"],
    [{ urls: ["redis://:x@a", "redis://:y@b"] }, "the same credentials"],
    [{ urls: ["redis://a/1", "redis://b/2"] }, "the same database"],
    [{ namespace: "a:b" }, 'namespace: "a:b"'],
    [{ namespace: "{a}" }, 'namespace: "{a}"'],
    [{ barrier: { replicas: 1, fsync: "none", timeoutMs: 5_000 } }, "barrier.timeoutMs: 5000"],
  ] as const)("refuse %j and name the mistake", (options, message) => {
    expect(() => settings(options)).toThrow(ConfigError);
    expect(() => settings(options)).toThrow(message);
  });

  it("never repeat a password", () => {
    expect(() => settings({ urls: "http://:secret@localhost" })).not.toThrow("secret");
  });
});
