import { Actor, Handler, type LocalSystem, Query, State } from "@actor-runtime/runtime";
import { Redis } from "ioredis";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { RedisProcess } from "../../services/redis-process.js";
import { services } from "../../services/services.js";
import { TcpProxy } from "../../services/tcp-proxy.js";
import { replays } from "../chaos/counting-telemetry.js";
import { House } from "./house.js";

const { amqpUrl, redisUrl } = await services();
const timeout = 40_000;
const keys = ["a", "b", "c", "d"];

/** Two attempts only: one that is spent in vain shows. */
@Actor("Counter", { partitions: 2, attempts: 2 })
class Counter {
  @State() private readonly numbers: number[] = [];

  @Handler() add(n: number): number {
    return this.numbers.push(n);
  }
  @Query() all(): number[] {
    return this.numbers;
  }
}

let redis: RedisProcess;
let operator: Redis;

beforeEach(async () => {
  redis = await RedisProcess.start();
  operator = new Redis(redis.url);
});

afterEach(async () => {
  operator.disconnect();
  await redis.stop();
});

/** Tells every actor these numbers; resolves once the broker has them. */
async function tellAll(client: LocalSystem, from: number, to: number): Promise<void> {
  for (let n = from; n <= to; n++) await Promise.all(keys.map((key) => client.ref(Counter, key).tell.add(n)));
}

/** Every number once and in order, and no dead letter. */
async function expectCounted(client: LocalSystem, to: number): Promise<void> {
  const wanted = Array.from({ length: to }, (_, index) => index + 1);
  for (const key of keys) {
    await expect.poll(() => client.ref(Counter, key).all()).toEqual(wanted);
  }
  for await (const letter of client.dead.list()) expect(letter).toBeUndefined();
}

describe("P1: tells that are confirmed take effect once and spend no attempt", { timeout }, () => {
  it("while Redis is out of memory, and asks are refused with the reason", async () => {
    const house = new House({ amqpUrl, redisUrl: redis.url });
    await house.host([Counter]);
    const client = await house.host([]);
    await tellAll(client, 1, 20);
    await expectCounted(client, 20);
    await operator.config("SET", "maxmemory", "1");
    await tellAll(client, 21, 40);
    await expect.poll(() => house.telemetry.totals[replays]).toBeGreaterThan(2);
    // Its refusal is recorded before it leaves, so it comes when there is room again; it has not run.
    const refusal = client
      .ref(Counter, "a")
      .with({ timeout: "15s" })
      .add(0)
      .catch((error: unknown) => error);
    // Another one to the same partition, behind it: it has come.
    await expect(client.ref(Counter, "a").with({ timeout: "500ms" }).add(0)).rejects.toMatchObject({
      code: "ASK_TIMEOUT",
    });
    await operator.config("SET", "maxmemory", "0");
    expect(await refusal).toMatchObject({
      code: "OVERLOADED",
      scope: "store",
      effect: "none",
      retryAfterMs: expect.any(Number),
    });
    await tellAll(client, 41, 50);
    await expectCounted(client, 50);
    expect(await client.ref(Counter, "a").add(51)).toBe(51);
    expect(house.telemetry.totals["actor.partitions_lost"]).toBeUndefined();
  });

  it("while Redis is read-only", async () => {
    const house = new House({ amqpUrl, redisUrl: redis.url });
    await house.host([Counter]);
    const client = await house.host([]);
    await tellAll(client, 1, 10);
    await operator.replicaof("127.0.0.1", "1");
    await tellAll(client, 11, 30);
    await expect.poll(() => house.telemetry.totals[replays]).toBeGreaterThan(2);
    await operator.replicaof("NO", "ONE");
    await tellAll(client, 31, 40);
    await expectCounted(client, 40);
  });

  it("while Redis forgets its scripts again and again", async () => {
    const house = new House({ amqpUrl, redisUrl: redis.url });
    await house.host([Counter]);
    const client = await house.host([]);
    const telling = tellAll(client, 1, 100);
    for (let told = 1; told <= 100; told++) await operator.script("FLUSH");
    await telling;
    await expectCounted(client, 100);
    expect(house.telemetry.totals["actor.partitions_lost"]).toBeUndefined();
  });

  it("while the worker reaches RabbitMQ and not Redis, and loses its partitions", async () => {
    await using path = await TcpProxy.to(redis.url);
    const house = new House({ amqpUrl, redisUrl: redis.url });
    await house.host([Counter], { urls: { amqpUrl, redisUrl: path.url } });
    const client = await house.host([]);
    await tellAll(client, 1, 10);
    path.blackhole();
    await tellAll(client, 11, 30);
    await expect.poll(() => house.telemetry.totals["actor.partitions_lost"]).toBe(2);
    path.resume();
    await tellAll(client, 31, 40);
    await expectCounted(client, 40);
  });

  it("while the worker reaches Redis and not RabbitMQ", async () => {
    await using path = await TcpProxy.to(amqpUrl);
    const house = new House({ amqpUrl, redisUrl });
    await house.host([Counter], { urls: { amqpUrl: path.url, redisUrl } });
    const client = await house.host([]);
    await tellAll(client, 1, 10);
    path.blackhole();
    await tellAll(client, 11, 30);
    path.reset();
    await expect.poll(() => house.telemetry.totals["actor.partitions_lost"]).toBeGreaterThanOrEqual(2);
    await tellAll(client, 31, 40);
    path.resume();
    await expectCounted(client, 40);
  });
});
