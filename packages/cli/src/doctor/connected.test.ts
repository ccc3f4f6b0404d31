import { describe, expect, it } from "vitest";
import { rabbitCheck, redisCheck } from "./connected.js";

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
    expect(redisCheck([server, server], 12)).toEqual({
      name: "redis",
      status: "ok",
      finding: "Redis 7.2.4, append-only file, noeviction",
    });
  });

  it.each([
    ["without a file of every write", { aof: false }, 0, "appendonly yes"],
    ["without a bound of its memory", { maxMemoryBytes: 0 }, 0, "maxmemory"],
    ["whose clock runs ahead", {}, 1_500, "NTP"],
    ["whose clock runs behind", {}, -1_500, "NTP"],
  ])("warns of a Redis %s, with the fix", (_, change, clockAheadMs, fix) => {
    const check = redisCheck([server, { ...server, ...change }], clockAheadMs);
    expect(check).toMatchObject({ status: "warn", fix: expect.stringContaining(fix) });
  });
});
