import { fork } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { BullmqAlarmsOptions } from "@actor-runtime/bullmq";
import { type Alarm, type Alarms, ClosedError, StoreUnavailableError } from "@actor-runtime/core";
import { describe, expect, it } from "vitest";
import { eventually, unique } from "../contracts/samples.js";
import { alarmsOn } from "./bullmq/alarms-on.js";
import { clock, connected } from "./redis/connect.js";
import { afterTest, proxyTo, server, untilKnown } from "./redis/scene.js";

function someAlarms(count: number, inMs: number): Alarm[] {
  const dueAt = clock.now() + inMs;
  return Array.from({ length: count }, () => ({
    id: unique("alarm"),
    partition: "Account:g1:00",
    dueAt,
    hint: "tick",
  }));
}

function idsOf(alarms: readonly Alarm[]): string[] {
  return alarms.map(({ id }) => id).sort();
}

/** One process on a Redis, and what its alarms log. */
async function process(urls: string | readonly string[], options: Partial<BullmqAlarmsOptions> = {}) {
  const redis = await connected({ urls, namespace: options.namespace ?? unique("test") });
  const one = alarmsOn(redis, options);
  afterTest(async () => {
    await one.alarms.close();
    await redis.services.close();
  });
  return { ...one, namespace: redis.namespace, services: redis.services };
}

/** Notes each ring. */
async function listen(alarms: Alarms): Promise<string[]> {
  const rung: string[] = [];
  await alarms.listen(async ({ id }) => void rung.push(id));
  return rung;
}

/** BullMQ looks after a lost connection for up to a few seconds. */

describe("a Redis that is killed and restarted", () => {
  it("P1: has every alarm that was set, when it keeps a file of every write, and those that listen hear them", async () => {
    const redis = await server({ appendfsync: "always" });
    const { alarms } = await process(redis.url);
    const rung = await listen(alarms);
    const set = someAlarms(200, 800);
    await alarms.set(set);
    await redis.process.restart({ kill: true });
    await expect.poll(() => rung.toSorted()).toEqual(idsOf(set));

    const later = someAlarms(1, 100);
    await untilKnown(() => alarms.set(later));
    await expect.poll(() => rung).toContain(later[0]!.id);
  });

  it("takes alarms anew when it forgot them, under the same ids", async () => {
    const redis = await server({ appendonly: "no" });
    const { alarms } = await process(redis.url);
    const rung = await listen(alarms);
    const set = someAlarms(20, 600_000);
    await alarms.set(set);
    await redis.process.restart({ kill: true });
    await untilKnown(() => alarms.cancel(idsOf(set)));
    expect(await alarms.depth()).toMatchObject({ set: 0, due: 0, failed: 0 });
    await alarms.set(set.map((alarm) => ({ ...alarm, dueAt: clock.now() })));
    await expect.poll(() => rung.toSorted()).toEqual(idsOf(set));
  });

  it("refuses alarms at once while it is away", async () => {
    const redis = await server();
    const { alarms } = await process(redis.url);
    await alarms.set(someAlarms(1, 600_000));
    await redis.process.stop();
    const began = clock.monotonic();
    await expect(alarms.set(someAlarms(1, 0))).rejects.toThrow(StoreUnavailableError);
    await expect(alarms.cancel(["alarm"])).rejects.toThrow(StoreUnavailableError);
    await expect(alarms.listen(async () => undefined)).rejects.toThrow(StoreUnavailableError);
    expect(clock.monotonic() - began).toBeLessThan(2_000);
  });
});

describe("a master that becomes a replica", () => {
  it("is left for the new master when both are named, by those who set alarms and by those who listen", async () => {
    const [first, second] = [await server(), await server()];
    await second.client.replicaof("127.0.0.1", first.port);
    const { alarms } = await process([first.url, second.url]);
    const rung = await listen(alarms);
    const before = someAlarms(10, 1_000);
    await alarms.set(before);
    await eventually(async () => expect(await second.client.info("replication")).toContain("master_link_status:up"));
    // WAIT is about what its own connection wrote.
    await first.client.set("last", "1");
    expect(await first.client.wait(1, 1_000)).toBe(1);
    await second.client.replicaof("NO", "ONE");
    await first.client.replicaof("127.0.0.1", second.port);

    const after = someAlarms(10, 500);
    await untilKnown(() => alarms.set(after));
    await expect.poll(() => rung.toSorted()).toEqual(idsOf([...before, ...after]));
  });
});

describe("a listener that dies while it hands an alarm on", () => {
  it.each(["SIGKILL", "SIGSTOP"] as const)("P1: leaves it to another (%s)", async (signal) => {
    const redis = await server();
    const { alarms, namespace } = await process(redis.url, { lockMs: 500 });
    const file = fileURLToPath(new URL("./bullmq/listener.ts", import.meta.url));
    const listener = fork(file, [redis.url, namespace], { execArgv: ["--import", "actor-runtime/register"] });
    afterTest(() => listener.kill("SIGKILL"));
    expect(await once(listener, "message")).toEqual(["listening", undefined]);
    const [alarm] = someAlarms(1, 0) as [Alarm];
    await alarms.set([alarm]);
    expect(await once(listener, "message")).toEqual([alarm.id, undefined]);
    listener.kill(signal);

    expect(await untilRung(alarms, alarm.id)).toEqual([alarm.id]);
    // Once it is handed on it is gone, also for whoever wakes up and is done with it.
    listener.kill("SIGCONT");
    await eventually(async () => expect(await alarms.depth()).toMatchObject({ set: 0, due: 0, failed: 0 }));
  });

  async function untilRung(alarms: Alarms, id: string): Promise<string[]> {
    const rung = await listen(alarms);
    await expect.poll(() => rung).toContain(id);
    return rung;
  }
});

describe("alarms", () => {
  it("ring all when a thousand are due at once, each at one of those who listen", async () => {
    const redis = await server();
    const { alarms, namespace } = await process(redis.url);
    const { alarms: other } = await process(redis.url, { namespace });
    const [mine, theirs] = [await listen(alarms), await listen(other)];
    const set = someAlarms(1_001, 500);
    await alarms.set(set);
    await expect.poll(() => mine.length + theirs.length).toBe(set.length);
    expect([...mine, ...theirs].sort()).toEqual(idsOf(set));
    expect(mine.length).toBeGreaterThan(0);
    expect(theirs.length).toBeGreaterThan(0);
    expect(await alarms.depth()).toEqual({ set: 0, due: 0, failed: 0, overdueMs: 0, paused: false });
  });

  it("need no connection before they are set or listened for, and one only to be set", async () => {
    const redis = await server();
    const { services, namespace } = await connected({ urls: redis.url });
    afterTest(() => services.close());
    const made: boolean[] = [];
    const client = (waits: boolean) => {
      made.push(waits);
      return services.newClient(waits);
    };
    const { alarms } = await process(redis.url, { namespace, client });
    await alarms.set([]);
    await alarms.cancel([]);
    expect(made).toEqual([]);
    await Promise.all([alarms.set(someAlarms(1, 600_000)), alarms.cancel(["alarm"])]);
    expect(made).toEqual([false]);
    await alarms.listen(async () => undefined);
    expect(made).toEqual([false, true, true]);
  });

  it("are set and ring for a user with no other rights than those that the documentation names", async () => {
    const redis = await server();
    const rights = ["~{shop}:*", "~{shop:*", "&shop:*", "+@all", "-@admin", "-@dangerous", "+info"];
    await redis.client.call("ACL", "SETUSER", "worker", "on", ">secret", ...rights);
    const url = redis.url.replace("redis://", "redis://worker:secret@");
    const { alarms, lines } = await process(url, { namespace: "shop" });
    const rung = await listen(alarms);
    const set = someAlarms(2, 100);
    await alarms.set(set);
    await expect.poll(() => rung.toSorted()).toEqual(idsOf(set));
    await alarms.cancel(idsOf(set));
    expect(lines).toEqual([]);
  });

  it("are over when they are closed", async () => {
    const redis = await server();
    const { alarms } = await process(redis.url);
    const rung = await listen(alarms);
    await alarms.close();
    await alarms.close();
    await expect(alarms.set(someAlarms(1, 0))).rejects.toThrow(ClosedError);
    await expect(alarms.listen(async () => undefined)).rejects.toThrow(ClosedError);
    expect(rung).toEqual([]);
    await eventually(async () => expect(await redis.client.client("LIST")).not.toContain(":alarms}"));
  });
});

describe("stopping to listen", () => {
  it("waits for what is being handed on", async () => {
    const redis = await server();
    const { alarms } = await process(redis.url);
    let finish: (() => void) | undefined;
    const stop = await alarms.listen(() => new Promise((resolve) => void (finish = () => resolve(undefined))));
    await alarms.set(someAlarms(1, 0));
    await eventually(() => expect(finish).toBeDefined());
    let stopped = false;
    const stopping = stop().then(() => void (stopped = true));
    await sleep(100);
    expect(stopped).toBe(false);
    finish!();
    await stopping;
    expect(await alarms.depth()).toMatchObject({ set: 0, due: 0 });
  });

  it("does not wait for ever: what is still being handed on rings elsewhere", async () => {
    const redis = await server();
    const options = { stopMs: 50, lockMs: 500 };
    const { alarms, namespace } = await process(redis.url, options);
    const { alarms: other } = await process(redis.url, { ...options, namespace });
    let begun = false;
    const stop = await alarms.listen(() => {
      begun = true;
      return new Promise(() => {});
    });
    const set = someAlarms(1, 0);
    await alarms.set(set);
    await eventually(() => expect(begun).toBe(true));
    await stop();
    const rung = await listen(other);
    await expect.poll(() => rung).toEqual(idsOf(set));
  });

  it("ends while Redis is away", async () => {
    const redis = await server();
    const proxy = await proxyTo(redis);
    const { alarms } = await process(proxy.url, { stopMs: 100 });
    const stop = await alarms.listen(async () => undefined);
    proxy.blackhole();
    await stop();
  });
});

describe("a worker of BullMQ", () => {
  it("is replaced when it sleeps over alarms that are due", async () => {
    const redis = await server();
    const { services, namespace } = await connected({ urls: redis.url });
    afterTest(() => services.close());
    let asleep = false;
    const made: unknown[] = [];
    const client = (waits: boolean) => {
      const redisClient = services.newClient(waits);
      // As after the lost connections of its issues 1656 and 4378: the command on which it waits is never answered.
      const bzpopmin = () => {
        asleep = true;
        return new Promise(() => {});
      };
      if (waits && made.push(redisClient) <= 2) Object.assign(redisClient, { bzpopmin });
      return redisClient;
    };
    const { alarms, lines } = await process(redis.url, { namespace, client, watchMs: 200 });
    const rung = await listen(alarms);
    await eventually(() => expect(asleep).toBe(true));
    const set = someAlarms(10, 0);
    await alarms.set(set);
    await expect.poll(() => rung.toSorted()).toEqual(idsOf(set));
    expect(lines).toContainEqual(expect.objectContaining({ line: expect.stringContaining("is replaced") }));
  });

  it("is left alone while somebody has the queue paused", async () => {
    const redis = await server();
    const { alarms, namespace, lines } = await process(redis.url, { watchMs: 20 });
    const rung = await listen(alarms);
    await redis.client.hset(`{${namespace}:alarms}:alarms:meta`, "paused", 1);
    await alarms.set(someAlarms(1, 0));
    // Of the looks at the queue.
    const looks = async () =>
      Number(/cmdstat_zrange:calls=(\d+)/.exec(await redis.client.info("commandstats"))?.[1] ?? 0);
    const before = await looks();
    await eventually(async () => expect(await looks()).toBeGreaterThan(before + 5));
    expect(await alarms.depth()).toMatchObject({ paused: true });
    expect(lines).toEqual([]);
    expect(rung).toEqual([]);
  });
});
