import { connect as connectAmqp } from "amqplib";
import { Redis } from "ioredis";
import { describe, expect, it } from "vitest";
import { services } from "./services.js";

const urls = await services();

describe("the services of a test run", () => {
  it("are there when the first test asks, and the same for the next", async () => {
    const amqp = await connectAmqp(urls.amqpUrl);
    await amqp.close();
    const redis = new Redis(urls.redisUrl);
    expect(await redis.ping()).toBe("PONG");
    redis.disconnect();
    expect(await services()).toEqual(urls);
  });

  it("are not found in the environment, where a test would use them unawares", () => {
    expect(process.env).not.toHaveProperty("AMQP_URL");
    expect(process.env).not.toHaveProperty("REDIS_URL");
  });
});
