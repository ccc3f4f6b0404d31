import { describe, expect, it } from "vitest";
import { compose, newWorkerId } from "./compose.js";

const amqpUrl = "amqp://host";
const redisUrl = "redis://host";

describe("the composition", () => {
  it("is embedded without URLs", () => {
    expect(compose({ amqpUrl: undefined, redisUrl: undefined }).broker.name).toBe("embedded");
  });

  it.each([
    [{ amqpUrl, redisUrl: undefined }, "REDIS_URL is missing"],
    [{ amqpUrl: undefined, redisUrl }, "AMQP_URL is missing"],
    [{ amqpUrl, redisUrl }, "unset AMQP_URL and REDIS_URL"],
  ])("refuses what it cannot serve and says what is missing: %o", (services, message) => {
    expect(() => compose(services)).toThrow(
      expect.objectContaining({ code: "CONFIG", message: expect.stringContaining(message) }),
    );
  });

  it("names each worker anew, in letters that any name may have", () => {
    const id = newWorkerId();
    expect(id).toMatch(/^[A-Za-z0-9.-]+$/);
    expect(id).toContain(`-${process.pid}-`);
    expect(newWorkerId()).not.toBe(id);
  });
});
