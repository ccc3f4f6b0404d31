import { describe, expect, it } from "vitest";
import { checkServices, newWorkerId } from "./compose.js";

const amqpUrl = ["amqp://host"];
const redisUrl = ["redis://host"];

describe("the composition", () => {
  it.each([
    [{ amqpUrl, redisUrl: undefined }, "REDIS_URL is missing"],
    [{ amqpUrl: undefined, redisUrl }, "AMQP_URL is missing"],
  ])("refuses one service without the other and says what is missing: %o", (services, message) => {
    expect(() => checkServices(services)).toThrow(
      expect.objectContaining({ code: "CONFIG", message: expect.stringContaining(message) }),
    );
  });

  it("takes both services, or neither", () => {
    checkServices({ amqpUrl, redisUrl });
    checkServices({ amqpUrl: undefined, redisUrl: undefined });
  });

  it("names each worker anew, in letters that any name may have", () => {
    const id = newWorkerId();
    expect(id).toMatch(/^[A-Za-z0-9.-]+$/);
    expect(id).toContain(`-${process.pid}-`);
    expect(newWorkerId()).not.toBe(id);
  });
});
