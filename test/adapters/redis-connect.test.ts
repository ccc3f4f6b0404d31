import { ClosedError, ConfigError, type LockLeases, StoreUnavailableError } from "@actor-runtime/core";
import { afterAll, describe, expect, it } from "vitest";
import { offeredLock } from "../contracts/lock-leases.contract.js";
import { someMember } from "../contracts/membership.contract.js";
import { collect, unique } from "../contracts/samples.js";
import { freePort } from "../services/free-port.js";
import { services as shared } from "../services/services.js";
import { TcpProxy } from "../services/tcp-proxy.js";
import { connected, deleteNamespaces, owner } from "./redis/connect.js";
import { afterTest, server } from "./redis/scene.js";
import { certificate, TlsProxy } from "./redis/tls-proxy.js";

await shared();

const namespaces = new Set<string>();

afterAll(() => deleteNamespaces(namespaces));

async function process(options: Parameters<typeof connected>[0] = {}) {
  const one = await connected(options);
  afterTest(() => one.services.close());
  if (!options.urls) namespaces.add(one.namespace);
  return one;
}

async function nobody(): Promise<string> {
  return `redis://127.0.0.1:${await freePort()}`;
}

/** For a session of its own. */
async function take(locks: LockLeases, name: string): Promise<void> {
  const { id: session } = await locks.open("s", 10_000);
  const options = { session, claimMs: 10_000, waits: false, others: false };
  offeredLock(await locks.offer({ name, request: "w/1/1", mode: "exclusive" }, options));
}

describe("connecting", () => {
  it("says that nobody answers, with the address, so that the command line can end with 69", async () => {
    const url = await nobody();
    const connecting = process({ urls: url });
    await expect(connecting).rejects.toThrow(StoreUnavailableError);
    await expect(connecting).rejects.toThrow(url.slice("redis://".length));
  });

  it("tries several servers in turn", async () => {
    const redis = await server();
    const one = await process({ urls: [await nobody(), redis.url] });
    expect(await one.store.time()).toBeGreaterThan(0);
  });

  it("passes a replica over, and says so when there is no master", async () => {
    const [master, replica] = [await server(), await server()];
    await replica.client.replicaof("127.0.0.1", master.port);
    await expect(process({ urls: replica.url })).rejects.toThrow("is a replica");
    const one = await process({ urls: [replica.url, master.url] });
    const { commit } = await owner(one);
    expect(await commit(1)).toBe("committed");
  });

  it("refuses wrong credentials as a mistake to correct, without repeating them", async () => {
    const redis = await server();
    await redis.client.config("SET", "requirepass", "secret");
    for (const login of ["", ":wrong@", "nobody:wrong@"]) {
      const connecting = process({ urls: redis.url.replace("//", `//${login}`) });
      await expect(connecting).rejects.toThrow(ConfigError);
      await expect(connecting).rejects.not.toThrow("wrong@");
    }
    const one = await process({ urls: redis.url.replace("//", "//:secret@") });
    expect(await one.store.time()).toBeGreaterThan(0);
  });

  it("speaks TLS to rediss, and refuses a certificate that nobody vouches for", async () => {
    const proxy = await TlsProxy.to((await server()).port);
    afterTest(() => proxy.close());
    const one = await process({ urls: proxy.url, tls: { ca: certificate } });
    const { commit } = await owner(one);
    expect(await commit(1)).toBe("committed");
    await expect(process({ urls: proxy.url })).rejects.toThrow("self-signed certificate");
  });

  it("refuses a server that drops keys when it is full, and says what to set", async () => {
    const redis = await server({ maxmemory: "100mb", "maxmemory-policy": "allkeys-lru" });
    const connecting = process({ urls: redis.url });
    await expect(connecting).rejects.toThrow(ConfigError);
    await expect(connecting).rejects.toThrow("maxmemory-policy noeviction");
  });

  it("warns when the server keeps no file of its writes", async () => {
    const redis = await server();
    await redis.client.config("SET", "appendonly", "no");
    const { lines } = await process({ urls: redis.url });
    expect(lines).toEqual([
      expect.objectContaining({ level: "warn", line: expect.stringContaining("appendonly yes") }),
    ]);
  });

  it("refuses a namespace whose messages are too new, and says what to install", async () => {
    const redis = await server();
    const first = await process({ urls: redis.url });
    await redis.client.hset(`{${first.namespace}}:record`, "wire", "99");
    const connecting = process({ urls: redis.url, namespace: first.namespace });
    await expect(connecting).rejects.toThrow(ConfigError);
    await expect(connecting).rejects.toThrow("install a newer actor-runtime");
  });

  it("refuses a barrier on disks that the server cannot keep", async () => {
    const redis = await server();
    const barrier = { replicas: 0, fsync: "local", timeoutMs: 100 } as const;
    const version = (await redis.client.info("server")).match(/redis_version:(\d+)\.(\d+)/)!;
    const able = Number(version[1]) > 7 || Number(version[2]) >= 2;
    if (able) {
      const { commit } = await owner(await process({ urls: redis.url, barrier }));
      expect(await commit(1)).toBe("committed");
    } else {
      await expect(process({ urls: redis.url, barrier })).rejects.toThrow("needs Redis 7.2");
    }
  });

  it("takes another connection to a known server for no sign of lost writes", async () => {
    const namespace = unique("test");
    const one = await process({ namespace });
    const two = await process({ namespace });
    expect(await two.store.namespace()).toEqual(await one.store.namespace());
    expect((await one.store.namespace()).generation).toBe(1);
  });

  it("describes the server for a check of the installation", async () => {
    const redis = await server();
    const { services } = await process({ urls: redis.url });
    const { servers, clockAheadMs } = await services.describe();
    expect(servers).toEqual([
      {
        version: expect.stringMatching(/^\d+\.\d+/),
        cluster: false,
        master: true,
        replid: expect.stringMatching(/^[0-9a-f]{40}$/),
        maxMemoryBytes: 0,
        maxMemoryPolicy: "noeviction",
        aof: true,
      },
    ]);
    expect(Math.abs(clockAheadMs)).toBeLessThan(1_000);
  });

  it("ends: later calls are refused as closed", async () => {
    const { services, store, leases } = await process();
    await services.close();
    await services.close();
    await expect(store.time()).rejects.toThrow(ClosedError);
    await expect(leases.inspect("a")).rejects.toThrow(ClosedError);
  });
});

describe("two namespaces in one Redis", () => {
  it("do not meet", async () => {
    const [one, two] = [await process(), await process()];
    const first = await owner(one);
    await first.commit(1);
    await one.membership.join(someMember("a"), 10_000);
    await take(one.locks, "report");
    await one.store.pause("Account", true);

    const second = await owner(two);
    expect((await two.store.load(second.partition, second.lease)).seq).toBe(0);
    expect(await collect(two.store.list(second.partition, ""))).toEqual([]);
    expect((await two.membership.view()).members).toEqual([]);
    expect(await two.locks.inspect("report")).toBeUndefined();
    const { storeId, paused } = await two.store.namespace();
    expect(paused).toEqual([]);
    expect(storeId).not.toBe((await one.store.namespace()).storeId);
    expect(await first.commit(2)).toBe("committed");
  });

  it("do not meet when one's name begins with the other's", async () => {
    const namespace = unique("test");
    const [one, two] = [await process({ namespace }), await process({ namespace: `${namespace}.b` })];
    await one.leases.acquire("Account:g1:00", "a", 10_000);
    expect(await two.leases.inspect("Account:g1:00")).toBeUndefined();
    await take(one.locks, "b");
    expect(await collect(two.locks.list(""))).toEqual([]);
  });
});

describe("a big partition", () => {
  it("is listed and loaded in pieces that hold Redis up for no other", async () => {
    const redis = await server();
    const one = await process({ urls: redis.url });
    const { partition, lease, commit } = await owner(one);
    const many = Array.from({ length: 30_000 }, (_, index) => index);
    await commit(1, {
      states: many.map((index) => ({ address: `Account/${index}`, state: "s".repeat(100) })),
      rows: many.map((index) => ({ stream: `1700000000000-${index}`, row: `${index}` })),
      stored: [{ address: "Account/1", shift: 0, unshift: [], push: many.map(String) }],
      out: many.map((index) => ({ target: "Invoice:g1:00", number: index + 1, prev: index, message: "m" })),
    });
    await redis.client.config("RESETSTAT");
    const image = await one.store.load(partition, lease);
    expect(image.rows.size).toBe(many.length);
    expect(image.stored.get("Account/1")).toEqual(many.map(String));
    expect(image.outbox.map(({ number }) => number)).toEqual(many.map((index) => index + 1));
    expect(await collect(one.store.list(partition, "Account/"))).toHaveLength(many.length);
    const stats = await redis.client.info("commandstats");
    const calls = (command: string): number =>
      Number(new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(stats)?.[1] ?? 0);
    expect(calls("hscan")).toBeGreaterThan((2 * many.length) / 1_000);
    expect(calls("lrange")).toBeGreaterThan(many.length / 1_000);
    expect(["keys", "hgetall", "hkeys", "hvals"].map(calls)).toEqual([0, 0, 0, 0]);
  });

  it("is loaded within its lease over a slow network, also when messages are stored for very many actors", async () => {
    const redis = await server();
    const proxy = await TcpProxy.to(redis.url);
    const one = await process({ urls: proxy.url });
    const { partition, lease, commit } = await owner(one, "Account:g1:00", 10_000);
    const addresses = Array.from({ length: 5_000 }, (_, index) => `Account/${index}`);
    await commit(1, {
      stored: addresses.map((address) => ({ address, shift: 0, unshift: [], push: [`for ${address}`] })),
    });
    proxy.delay(5);
    const { stored } = await one.store.load(partition, lease);
    proxy.delay(0);
    expect(stored.size).toBe(addresses.length);
    for (const address of addresses) expect(stored.get(address)).toEqual([`for ${address}`]);
    await proxy.close();
  });
});
