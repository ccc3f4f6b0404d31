import { describe, expect, it } from "vitest";
import { channelCheck, clockCheck, rabbitCheck, redisCheck } from "./connected.js";

const server = { version: "7.2.4", maxMemoryBytes: 1_000, aof: true };

describe("doctor on the services", () => {
  it.each([
    ["3.9.29", "fail"],
    ["3.10.0", "warn"],
    ["3.13.7", "warn"],
    ["4.1.4", "warn"],
    ["4.1.5", "ok"],
    ["4.2.0-rc.1", "ok"],
    ["10.0.0", "ok"],
  ])("finds RabbitMQ %s %s", (version, status) => {
    const check = rabbitCheck(version);
    expect([check.status, check.finding]).toEqual([status, expect.stringContaining(version)]);
    expect(check.fix === undefined).toBe(status === "ok");
  });

  it("finds a Redis that keeps everything", () => {
    expect(redisCheck([server, server])).toEqual({
      name: "redis",
      status: "ok",
      finding: "Redis 7.2.4, append-only file, noeviction",
    });
  });

  it.each([
    ["without a file of every write", { aof: false }, "appendonly yes"],
    ["without a bound of its memory", { maxMemoryBytes: 0 }, "maxmemory"],
  ])("warns of a Redis %s, with the fix", (_, change, fix) => {
    const check = redisCheck([server, { ...server, ...change }]);
    expect(check).toMatchObject({ status: "warn", fix: expect.stringContaining(fix) });
  });

  it.each([
    [0, "ok", "0 ms ahead of"],
    [-1_000, "ok", "1000 ms behind"],
    [1_500, "warn", "1500 ms ahead of"],
    [-5_000, "warn", "5000 ms behind"],
    [5_001, "fail", "5001 ms ahead of"],
    [-60_000, "fail", "60000 ms behind"],
  ])("finds a clock of Redis %i ms ahead %s", (aheadMs, status, words) => {
    const check = clockCheck(aheadMs);
    expect(check).toMatchObject({ name: "clock", status, finding: expect.stringContaining(words) });
    expect(check.fix).toBe(status === "ok" ? undefined : "synchronise both clocks (NTP)");
  });

  it("warns of a user that may not hear of changes, with the right that it lacks", () => {
    expect(channelCheck("shop:changes", undefined)).toMatchObject({ name: "channel", status: "ok" });
    const refusal =
      "Redis refuses the user (NOPERM No permissions to access a channel): correct user, password or rights";
    expect(channelCheck("shop:changes", refusal)).toEqual({
      name: "channel",
      status: "warn",
      finding: expect.stringMatching(/NOPERM No permissions to access a channel\)$/),
      fix: expect.stringContaining("&shop:* +publish +subscribe"),
    });
  });
});
