import { describe, expect, it } from "vitest";
import { resolveSettings } from "./resolve.js";
import { type Setting, type SettingName, settings } from "./settings.js";

const none = { flags: {}, env: {} };
const file = { name: "actor-runtime.config.ts", values: { port: 3 } };

describe("settings", () => {
  it("take the flag before the variable, the variable before the config file, and the file before the default", () => {
    const port = (given: Partial<Parameters<typeof resolveSettings>[1]>) => {
      const { values, sources } = resolveSettings(["port"], { ...none, ...given });
      return [values.port, sources.port];
    };
    expect(port({ flags: { port: "1" }, env: { ACTOR_PORT: "2" }, file })).toEqual([1, "--port"]);
    expect(port({ env: { ACTOR_PORT: "2" }, file })).toEqual([2, "ACTOR_PORT"]);
    expect(port({ file })).toEqual([3, "actor-runtime.config.ts"]);
    expect(port({})).toEqual([7070, "default"]);
  });

  it("count an empty variable as unset", () => {
    expect(resolveSettings(["port"], { flags: {}, env: { ACTOR_PORT: "" } }).sources.port).toBe("default");
  });

  it("are unset by an empty flag, whatever the environment says", () => {
    const given = { flags: { amqpUrl: "" }, env: { AMQP_URL: "amqp://host" } };
    expect(resolveSettings(["amqpUrl"], given).values.amqpUrl).toBeUndefined();
  });

  it.each<[SettingName, string, unknown]>([
    ["drainTimeout", "1.5s", 1_500],
    ["drainTimeout", "250", 250],
    ["only", "Account,Bank", ["Account", "Bank"]],
    ["watchdog", "false", false],
    ["otel", "false", false],
    ["traceUrl", "http://jaeger/trace/{traceId}", "http://jaeger/trace/{traceId}"],
    ["amqpUrl", "amqp://a:x,y@h1/v,amqps://h2", ["amqp://a:x,y@h1/v", "amqps://h2"]],
    [
      "lockRedisUrls",
      "redis://a,redis://:x,y@a:6380/1,rediss://b",
      ["redis://a", "redis://:x,y@a:6380/1", "rediss://b"],
    ],
    ["maxMailboxBytes", "64MiB", 67_108_864],
    ["maxMailboxBytes", "1000", 1_000],
    ["limits", '{"concurrency":2}', { concurrency: 2 }],
    ["port", "0", 0],
    ["weight", "0.5", 0.5],
    ["weight", "100", 100],
    ["build", "registry/shop:1.4.0@sha256:ab", "registry/shop:1.4.0@sha256:ab"],
  ])("read %s from %j", (name, text, value) => {
    expect(resolveSettings([name], { flags: {}, env: { [settings[name].env]: text } }).values[name]).toEqual(value);
  });

  it.each<[SettingName, string, string]>([
    ["port", "70000", 'ACTOR_PORT is "70000" and must be a whole number from 0 to 65535'],
    ["drainTimeout", "soon", 'ACTOR_DRAIN_TIMEOUT is "soon" and must be milliseconds or a duration'],
    ["logLevel", "loud", 'ACTOR_LOG_LEVEL is "loud" and must be debug, info'],
    ["namespace", "a b", 'ACTOR_NAMESPACE is "a b" and must be 1 to 63'],
    ["lease", "1ms", 'ACTOR_LEASE is "1ms" and must be a duration from "1s" to "10m"'],
    ["maxMailboxBytes", "64MB", 'ACTOR_MAX_MAILBOX_BYTES is "64MB" and must be a number of bytes'],
    ["limits", "2000", 'ACTOR_LIMITS is "2000" and must be an object, or its JSON'],
    ["limits", "{", 'ACTOR_LIMITS is "{" and must be an object, or its JSON'],
    ["weight", "0", 'ACTOR_WEIGHT is "0" and must be a number above 0, at most 100'],
    ["weight", "100.5", 'ACTOR_WEIGHT is "100.5" and must be a number above 0'],
    ["weight", "heavy", 'ACTOR_WEIGHT is "heavy" and must be a number above 0'],
    ["build", "two words", 'ACTOR_BUILD is "two words" and must be up to 128 printable'],
    [
      "traceUrl",
      "http://jaeger/trace/",
      'ACTOR_TRACE_URL is "http://jaeger/trace/" and must be a URL with {traceId} in it',
    ],
    ["traceKeys", "none", 'ACTOR_TRACE_KEYS is "none" and must be plain or hashed'],
    ["traceCorrelation", "both", 'ACTOR_TRACE_CORRELATION is "both" and must be parent or link'],
    ["watchdog", "maybe", 'ACTOR_WATCHDOG is "maybe" and must be true or false'],
  ])("that are wrong are named with their source and what they must be: %s", (name, text, message) => {
    const given = { flags: {}, env: { [settings[name].env]: text } };
    expect(() => resolveSettings([name], given)).toThrow(
      expect.objectContaining({ code: "CONFIG", message: expect.stringContaining(message) }),
    );
  });

  it("name the config file and the field when the file is wrong", () => {
    const given = { ...none, file: { name: "actor-runtime.config.ts", values: { port: true } } };
    expect(() => resolveSettings(["port"], given)).toThrow("actor-runtime.config.ts: port is true and must be");
  });

  it("never repeat a wrong value that may hold a secret", () => {
    const given = { flags: {}, env: { AMQP_URL: "http://user:hunter2@host", ACTOR_TOKEN: "short" } };
    expect(() => resolveSettings(["amqpUrl"], given)).toThrow(/^AMQP_URL must be a URL like/);
    const second = { flags: {}, env: { REDIS_URL: "redis://a,redis://:hunter2@[b" } };
    expect(() => resolveSettings(["redisUrl"], second)).toThrow(/^REDIS_URL must be a URL like/);
    expect(() => resolveSettings(["token"], given)).toThrow(/^ACTOR_TOKEN must have at least 8/);
  });

  it.each([
    ["one server", "redis://a"],
    ["an even number, of which half is no majority", "redis://a,redis://b,redis://c,redis://d"],
    ["one server twice", "redis://a,redis://b,redis://b:6379"],
    ["two databases of one server", "redis://a/0,redis://b/0,redis://:hunter2@b/1"],
    ["what is no Redis", "redis://a,redis://b,amqp://c"],
    ["what is no URL", "redis://a,redis://b,redis://:hunter2@[c"],
  ])("refuse %s for the locks, and say what it must be", (_, text) => {
    const given = { flags: {}, env: { ACTOR_LOCK_REDIS_URLS: text } };
    expect(() => resolveSettings(["lockRedisUrls"], given)).toThrow(
      /^ACTOR_LOCK_REDIS_URLS must be an odd number of URLs .*, three or more, .* each of another server$/,
    );
  });

  it("have defaults that pass their own schemas, and a variable of their own each", () => {
    const all: Setting[] = Object.values(settings);
    for (const { default: value, schema } of all) {
      if (value !== undefined) expect(schema.safeParse(value).success).toBe(true);
    }
    expect(new Set(all.map(({ env }) => env)).size).toBe(all.length);
  });
});
