import { fork } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type ConfirmChannel, connect as connectAmqp } from "amqplib";
import { Redis } from "ioredis";
import { describe, expect, it } from "vitest";
import { MissingServiceError } from "./installed.js";
import { RabbitProcess } from "./rabbitmq-process.js";
import { RedisProcess } from "./redis-process.js";
import { Sandbox } from "./sandbox.js";

const slow = 60_000;

/** A client that keeps trying, as those of the runtime do. */
function connectRedis(url: string, commandTimeout = slow): Redis {
  const redis = new Redis(url, { retryStrategy: () => 20, commandTimeout });
  return redis.on("error", () => {});
}

/** Sends until the broker has it: right after its start a queue has no leader yet, and messages come back. */
async function send(channel: ConfirmChannel, queue: string): Promise<void> {
  const confirmed = () =>
    new Promise<boolean>((resolve) =>
      channel.sendToQueue(queue, Buffer.from("hello"), { persistent: true }, (error) => resolve(error === null)),
    );
  await expect.poll(confirmed).toBe(true);
}

describe("a RabbitMQ of the tests' own", () => {
  it("keeps messages when it is stopped and when it is killed, which its clients notice", {
    timeout: slow,
  }, async () => {
    await using rabbit = await RabbitProcess.start();
    // Stopped first: a node killed within a second of the declaration of a quorum queue loses the queue's name on disk.
    for (const kill of [false, true]) {
      const connection = await connectAmqp(rabbit.url);
      connection.on("error", () => {});
      const gone = new Promise((resolve) => connection.once("close", resolve));
      const channel = await connection.createConfirmChannel();
      await channel.assertQueue("kept", { durable: true, arguments: { "x-queue-type": "quorum" } });
      await send(channel, "kept");
      await rabbit.restart({ kill });
      await gone;
    }
    const connection = await connectAmqp(rabbit.url);
    const channel = await connection.createChannel();
    await expect.poll(async () => (await channel.checkQueue("kept")).messageCount).toBe(2);
    await connection.close();
    expect(await rabbit.ctl("list_queues", "name")).toContain("kept");
  });

  it("takes further settings, and says why it does not start with a wrong one", { timeout: slow }, async () => {
    await expect(RabbitProcess.start({ heartbeat: "often" })).rejects.toThrow(/ended before it was ready[^]*heartbeat/);
  });
});

describe("a Redis of the tests' own", () => {
  it("keeps writes when it is stopped and when it is killed, which its clients notice", async () => {
    await using server = await RedisProcess.start({ appendfsync: "always" });
    const redis = connectRedis(server.url);
    for (const kill of [true, false]) {
      await redis.incr("count");
      const gone = once(redis, "close");
      await server.restart({ kill });
      await gone;
    }
    expect(await redis.get("count")).toBe("2");
    redis.disconnect();
  });

  it("goes back to an earlier copy of its files", async () => {
    await using server = await RedisProcess.start();
    const redis = connectRedis(server.url);
    await redis.set("name", "early");
    const snapshot = await server.snapshot();
    await redis.set("name", "late");
    await server.restore(snapshot);
    expect(await redis.get("name")).toBe("early");
    redis.disconnect();
  });

  it("says nothing while it is paused, and goes on afterwards", async () => {
    await using server = await RedisProcess.start({ appendonly: "no" });
    const redis = connectRedis(server.url);
    await redis.ping();
    server.pause();
    const answer = redis.ping();
    const other = connectRedis(server.url, 50);
    await expect(other.ping()).rejects.toThrow("timed out");
    server.resume();
    expect(await answer).toBe("PONG");
    redis.disconnect();
    other.disconnect();
  });

  it("refuses writes when its memory is full", async () => {
    await using server = await RedisProcess.start({ maxmemory: "2mb", "maxmemory-policy": "noeviction" });
    const redis = connectRedis(server.url);
    await expect(redis.set("much", "x".repeat(4_000_000)).then(() => redis.set("more", "x"))).rejects.toThrow("OOM");
    redis.disconnect();
  });
});

describe("what the tests start", () => {
  it("is gone, and its folder too, when the process that started it is killed", async () => {
    const file = fileURLToPath(new URL("./holder.ts", import.meta.url));
    const holder = fork(file, { execArgv: ["--import", "actor-runtime/register"] });
    const [{ pid, folder }] = (await once(holder, "message")) as [{ pid: number; folder: string }];
    expect(isAlive(pid)).toBe(true);
    holder.kill("SIGKILL");
    await expect.poll(() => isAlive(pid)).toBe(false);
    await expect.poll(() => existsSync(folder)).toBe(false);
  });

  it("is gone, and its folder too, when it is removed", async () => {
    const sandbox = await Sandbox.create("test");
    const program = await sandbox.run("sleep", ["1000"]);
    await sandbox.remove();
    expect(isAlive(program.pid)).toBe(false);
    expect(existsSync(sandbox.folder)).toBe(false);
  });

  it("that is missing and cannot be installed is named, with every remedy", () => {
    const { message } = new MissingServiceError("RabbitMQ", "only root may install it");
    expect(message).toContain("need RabbitMQ, and only root may install it");
    for (const remedy of ["apt-get install rabbitmq-server redis-server", "brew install", "compose.yaml", "AMQP_URL"]) {
      expect(message).toContain(remedy);
    }
  });
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
