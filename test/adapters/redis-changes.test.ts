import { type Change, StoreUnavailableError } from "@actor-runtime/core";
import { describe, expect, it } from "vitest";
import { granted } from "../contracts/leases.contract.js";
import { offeredLock } from "../contracts/lock-leases.contract.js";
import { someMember } from "../contracts/membership.contract.js";
import { collect, eventually, unique } from "../contracts/samples.js";
import { connected } from "./redis/connect.js";
import type { RedisServer } from "./redis/redis-server.js";
import { afterTest, proxyTo, server, untilKnown } from "./redis/scene.js";
import { certificate, TlsProxy } from "./redis/tls-proxy.js";

type Process = Awaited<ReturnType<typeof connected>>;

const view = { about: "view" } as const;

async function process(options: Parameters<typeof connected>[0]): Promise<Process> {
  const one = await connected({ commandTimeoutMs: 500, ...options });
  afterTest(() => one.services.close());
  return one;
}

/** Notes what it is told from now on. To listen anew is told as a change of the view. */
async function listening({ membership }: Process): Promise<Change[]> {
  const heard: Change[] = [];
  membership.watch((change) => void heard.push(change));
  await eventually(() => expect(heard).toEqual([view]));
  heard.length = 0;
  return heard;
}

/** Gives leases back, until those who listen hear of one. */
async function hintsCome(heard: readonly Change[], { leases }: Pick<Process, "leases">): Promise<void> {
  const released = new Set<string>();
  await eventually(async () => {
    if (heard.some((change) => change.about === "released" && released.has(change.lease))) return;
    const lease = granted(await untilKnown(() => leases.acquire(`${unique("Account")}:g1:00`, "w", 10_000)));
    released.add(lease.name);
    await untilKnown(() => leases.release(lease));
    throw new Error("no hint was heard");
  });
}

async function listeners({ client }: RedisServer): Promise<number> {
  const list = (await client.call("CLIENT", "LIST", "TYPE", "pubsub")) as string;
  return list.split("\n").filter((line) => line !== "").length;
}

describe("a process that watches for changes", () => {
  it("has one connection for it, from the first who watches until it is closed", async () => {
    const redis = await server();
    const one = await process({ urls: redis.url });
    await one.membership.join(someMember("a"), 10_000);
    expect(await listeners(redis)).toBe(0);
    await listening(one);
    one.membership.watch(() => {});
    expect(await listeners(redis)).toBe(1);
    await one.services.close();
    one.membership.watch(() => {});
    await eventually(async () => expect(await listeners(redis)).toBe(0));
    expect(one.lines).toEqual([]);
  });

  it("listens with the password, over TLS and in another database", async () => {
    const redis = await server();
    await redis.client.config("SET", "requirepass", "secret");
    const proxy = await TlsProxy.to(redis.port);
    afterTest(() => proxy.close());
    const one = await process({ urls: `${proxy.url.replace("//", "//:secret@")}/3`, tls: { ca: certificate } });
    await hintsCome(await listening(one), one);
  });

  it("hears nothing of another namespace, even if its name begins alike", async () => {
    const redis = await server();
    const namespace = unique("test");
    const one = await process({ urls: redis.url, namespace });
    const two = await process({ urls: redis.url, namespace: `${namespace}.b` });
    const heard = await listening(one);
    await two.membership.join(someMember("a"), 10_000);
    await hintsCome(heard, one);
    expect(heard).not.toContainEqual(view);
  });
});

describe("a connection that listens", () => {
  it("is made again when it was lost, and whoever watches is told to look, once", async () => {
    const redis = await server();
    const one = await process({ urls: redis.url });
    const heard = await listening(one);
    await redis.client.call("CLIENT", "KILL", "TYPE", "pubsub");
    await eventually(() => expect(heard).toEqual([view]));
    await hintsCome(heard, one);
    expect(heard.filter(({ about }) => about === "view")).toHaveLength(1);
    expect(one.lines).toEqual([]);
  });

  it("is made again when Redis was killed and restarted", async () => {
    const redis = await server();
    const one = await process({ urls: redis.url });
    const heard = await listening(one);
    await redis.process.restart({ kill: true });
    await eventually(() => expect(heard).toContainEqual(view));
    await hintsCome(heard, one);
  });

  it("is found dead by the next heartbeat when nothing passes any more, though TCP does not know", async () => {
    const redis = await server();
    const proxy = await proxyTo(redis);
    const one = await process({ urls: proxy.url });
    await one.membership.join(someMember("a"), 600_000);
    const heard = await listening(one);
    proxy.blackhole();
    await expect(one.membership.heartbeat(someMember("a"), 600_000)).rejects.toThrow(StoreUnavailableError);
    proxy.resume();
    await eventually(() => expect(heard).toContainEqual(view));
    await hintsCome(heard, one);
  });

  it("is found dead by the next renewal of its locks where there is no heartbeat: a client never heard of broken locks again", async () => {
    const redis = await server();
    const proxy = await proxyTo(redis);
    const one = await process({ urls: proxy.url });
    const session = await one.locks.open("s", 600_000);
    let told = 0;
    one.locks.watch(() => void told++);
    await eventually(() => expect(told).toBe(1));
    proxy.blackhole();
    await expect(one.locks.renew(session, 600_000)).rejects.toThrow(StoreUnavailableError);
    proxy.resume();
    await eventually(() => expect(told).toBeGreaterThan(1));
  });

  it("does not end the process when it is lost again while it subscribes anew", async () => {
    const redis = await server();
    const proxy = await proxyTo(redis);
    const one = await process({ urls: proxy.url });
    const heard = await listening(one);
    const subscribed = async () => ((await redis.client.call("PUBSUB", "CHANNELS")) as string[]).length;
    proxy.delay(200, "down");
    proxy.cut();
    await eventually(async () => expect(await subscribed()).toBe(0));
    // It has been asked to subscribe, and the answer is on its way. A rejection that nobody catches fails the run.
    await eventually(async () => expect(await subscribed()).toBe(1));
    proxy.cut();
    proxy.delay(0);
    await eventually(() => expect(heard).toContainEqual(view));
    await hintsCome(heard, one);
  });

  it("is tried until it can be made, which is logged once", async () => {
    const redis = await server();
    const proxy = await proxyTo(redis);
    const one = await process({ urls: proxy.url, connectTimeoutMs: 50 });
    proxy.blackhole();
    const { connections } = proxy;
    const heard: Change[] = [];
    one.membership.watch((change) => void heard.push(change));
    await eventually(() => expect(proxy.connections).toBeGreaterThan(connections + 3));
    expect(one.lines).toEqual([
      expect.objectContaining({ level: "warn", line: expect.stringContaining("noticed late") }),
    ]);
    proxy.resume();
    await eventually(() => expect(heard).toContainEqual(view));
  });
});

describe("a Redis user with the rights that the guide names", () => {
  async function userOf(redis: RedisServer, namespace: string, ...channels: string[]): Promise<string> {
    const keys = [`~{${namespace}}:*`, `~{${namespace}:*`];
    const commands = ["+@all", "-@admin", "-@dangerous", "+info"];
    await redis.client.acl("SETUSER", "shop", "reset", "on", ">secret", ...keys, ...channels, ...commands);
    return redis.url.replace("//", "//shop:secret@");
  }

  it("can do everything", async () => {
    const redis = await server();
    const namespace = unique("test");
    const one = await process({ urls: await userOf(redis, namespace, `&${namespace}:*`), namespace });
    const heard = await listening(one);
    const { version } = await one.membership.join(someMember("a"), 10_000);
    await one.membership.place("Account", 0, { view: version, owners: ["a"], since: [1] });
    await eventually(() => expect(heard).toContainEqual({ about: "placement", mailbox: "Account" }));
    await hintsCome(heard, one);
    const lock = { name: "report", request: "w/1/1", mode: "exclusive" } as const;
    const session = await one.locks.open("s", 10_000);
    const options = { session: session.id, claimMs: 10_000, waits: false, others: false };
    expect(await one.locks.claim(offeredLock(await one.locks.offer(lock, options)), session)).toBe(true);
    expect(await collect(one.locks.list(""))).toHaveLength(1);
    expect(await one.locks.break("report")).toMatchObject({ name: "report" });
    expect((await one.services.describe()).channelRefusal).toBeUndefined();
    expect(one.lines).toEqual([]);
  });

  it("goes on without hints when its rights to the channel are missing, says so once, and hears when it gets them", async () => {
    const redis = await server();
    const namespace = unique("test");
    const one = await process({ urls: await userOf(redis, namespace), namespace });
    const heard: Change[] = [];
    one.membership.watch((change) => void heard.push(change));
    const { version } = await one.membership.join(someMember("a"), 10_000);
    expect(await one.membership.place("Account", 0, { view: version, owners: ["a"], since: [1] })).toBeDefined();
    const lease = granted(await one.leases.acquire("Account:g1:00", "a", 10_000));
    await one.leases.release(lease);
    expect(await one.leases.inspect("Account:g1:00")).toBeUndefined();
    await one.membership.heartbeat(someMember("a"), 10_000);
    await eventually(() => expect(one.lines).not.toEqual([]));
    await one.membership.heartbeat(someMember("a"), 10_000);
    await one.membership.heartbeat(someMember("a"), 10_000);
    expect(one.lines).toEqual([
      expect.objectContaining({
        fields: {
          err: expect.objectContaining({ message: expect.stringMatching(/NOPERM.*channel/) }),
          channel: `${namespace}:changes`,
        },
      }),
    ]);
    expect(await one.services.describe()).toMatchObject({
      channel: `${namespace}:changes`,
      channelRefusal: expect.stringMatching(/NOPERM.*channel/),
    });

    await redis.client.acl("SETUSER", "shop", `&${namespace}:*`);
    await one.membership.heartbeat(someMember("a"), 10_000);
    await eventually(() => expect(heard).toContainEqual(view));
    await hintsCome(heard, one);
  });
});
