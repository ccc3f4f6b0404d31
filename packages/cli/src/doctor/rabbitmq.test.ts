import { describe, expect, it } from "vitest";
import { rabbitCheck } from "./rabbitmq.js";

describe("doctor on RabbitMQ", () => {
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
});
