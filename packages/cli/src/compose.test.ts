import { describe, expect, it } from "vitest";
import { checkServices, newWorkerId } from "./compose.js";

const amqpUrl = ["amqp://host"];
const redisUrl = ["redis://host"];
const lockRedisUrls = ["redis://a", "redis://b", "redis://c"];
const none = { amqpUrl: undefined, redisUrl: undefined };

describe("the composition", () => {
  it.each([
    [{ amqpUrl }, "REDIS_URL is missing"],
    [{ redisUrl }, "AMQP_URL is missing"],
    [{ lockRedisUrls }, "AMQP_URL and REDIS_URL are missing"],
  ])("refuses one service without the other and says what is missing: %o", (services, message) => {
    expect(() => checkServices({ ...none, ...services })).toThrow(
      expect.objectContaining({ code: "CONFIG", message: expect.stringContaining(message) }),
    );
  });

  it("takes both services, or neither", () => {
    checkServices({ ...none, amqpUrl, redisUrl });
    checkServices({ amqpUrl, redisUrl, lockRedisUrls });
    checkServices(none);
  });

  it("names each worker anew, in letters that any name may have", () => {
    const id = newWorkerId();
    expect(id).toMatch(/^[A-Za-z0-9.-]+$/);
    expect(id).toContain(`-${process.pid}-`);
    expect(newWorkerId()).not.toBe(id);
  });
});
