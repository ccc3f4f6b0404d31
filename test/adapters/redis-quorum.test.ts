import { setTimeout as sleep } from "node:timers/promises";
import { ConfigError, type LockSession, StoreUnavailableError } from "@actor-runtime/core";
import { SilentTelemetry, SystemClock, SystemRandom } from "@actor-runtime/embedded";
import { type LockServerDescription, QuorumLocks, type QuorumLocksOptions } from "@actor-runtime/redis";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { lockLeasesContract, offeredLock } from "../contracts/lock-leases.contract.js";
import { eventually, unique } from "../contracts/samples.js";
import { RedisServer } from "./redis/redis-server.js";
import { afterTest, proxyTo, server, untilKnown } from "./redis/scene.js";

const clock = new SystemClock();
const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

function connect(options: Pick<QuorumLocksOptions, "urls"> & Partial<QuorumLocksOptions>): Promise<QuorumLocks> {
  return QuorumLocks.connect({
    namespace: unique("test"),
    clock,
    random: new SystemRandom(),
    telemetry: new SilentTelemetry(),
    log: silent,
    ...options,
  });
}

describe("three Redis servers", () => {
  let servers: readonly RedisServer[] = [];

  beforeAll(async () => {
    servers = await Promise.all(Array.from({ length: 3 }, () => RedisServer.start()));
  });

  afterAll(() => Promise.all(servers.map((each) => each.remove())));

  lockLeasesContract("redis quorum", async () => {
    const namespace = unique("test");
    const options = { namespace, urls: servers.map(({ url }) => url), longestMs: 600_000 };
    const [one, two] = await Promise.all([connect(options), connect(options)]);
    return {
      port: one.locks,
      other: two.locks,
      ttlMs: 150,
      monotonic: () => clock.monotonic(),
      // A timer of Node may go off up to 1 ms early.
      pass: (ms) => sleep(ms + 1),
      forget: async () => void (await Promise.all(servers.map(({ client }) => client.flushall()))),
      dispose: async () => {
        one.close();
        two.close();
      },
    };
  });
});

const longestMs = 3_000;

/** Servers of the test's own, which have kept what they were told for the longest lease, and two processes. */
async function scene() {
  // Without a file, one that is killed comes back empty.
  const servers = await Promise.all([server(), server(), server({ appendonly: "no" })]);
  const options = { namespace: unique("test"), urls: servers.map(({ url }) => url), longestMs };
  const [one, two] = await Promise.all([connect(options), connect(options)]);
  afterTest(() => {
    one.close();
    two.close();
  });
  await untilTrusted(one, servers, options.namespace);
  return { servers, one, two };
}

/** Until they have kept what they were told for the longest lease. */
async function untilTrusted(quorum: QuorumLocks, servers: readonly RedisServer[], namespace: string): Promise<void> {
  await take(quorum, await quorum.locks.open("first", longestMs), "first");
  await eventually(async () => {
    for (const { client } of servers) {
      const since = Number(await client.hget(`{${namespace}:locks}:memory`, "since"));
      const [seconds, micros] = await client.time();
      if (since === 0 || Number(seconds) * 1e6 + Number(micros) - since < longestMs * 1_000) throw new Error("young");
    }
  });
}

function offer({ locks }: QuorumLocks, session: LockSession, name: string) {
  const options = { session: session.id, claimMs: 2_000, waits: false, others: false };
  return locks.offer({ name, request: unique("w/1"), mode: "exclusive" }, options);
}

async function take(quorum: QuorumLocks, session: LockSession, name = "report") {
  const own = offeredLock(await offer(quorum, session, name));
  expect(await quorum.locks.claim(own, session)).toBe(true);
  return own;
}

function reachable(described: readonly LockServerDescription[]): boolean[] {
  return described.map((each) => each.server !== undefined);
}

describe("locks on three Redis servers", () => {
  it("go on when one is killed, stop when two are, and go on when one is back", async () => {
    const { servers, one, two } = await scene();
    const session = await one.locks.open("s", longestMs);
    const own = await take(one, session);
    await servers[0].process.stop();
    expect(await one.locks.renew(session, longestMs)).toBeDefined();
    expect(reachable(await one.describe())).toEqual([false, true, true]);
    // The other has to find the restarted server again first.
    const other = await untilKnown(() => two.locks.open("t", longestMs));
    expect(await offer(two, other, "report")).toHaveProperty("held");
    await one.locks.release(own);
    expect((await take(two, other)).fence).toBeGreaterThan(own.fence);

    servers[1].process.pause();
    await expect(one.locks.open("u", longestMs)).rejects.toThrow(StoreUnavailableError);
    await expect(two.locks.renew(other, longestMs)).rejects.toThrow(StoreUnavailableError);
    await expect(offer(two, other, "another")).rejects.toThrow(StoreUnavailableError);

    servers[1].process.resume();
    const again = await untilKnown(() => two.locks.open("v", longestMs));
    await untilKnown(() => take(two, again, "again"));
  });

  it("P10: are not given twice with the help of a server that was restarted empty, and are soon on it again", async () => {
    const { servers, one, two } = await scene();
    const session = await one.locks.open("s", longestMs);
    const own = await take(one, session);
    const key = (await servers[0].client.keys("*held:report"))[0]!;
    await servers[2].client.set("before", 1);
    let isBack = false;
    const restart = servers[2].process.restart({ kill: true }).then(() => (isBack = true));
    let kept: LockSession | undefined = session;
    // Renewed all the while: on a busy machine a server takes longer to come back than the session lasts.
    await eventually(async () => {
      kept = kept && (await one.locks.renew(kept, longestMs));
      expect(isBack).toBe(true);
      expect(await servers[2].client.exists(key)).toBe(1);
    });
    await restart;
    expect(await servers[2].client.exists("before")).toBe(0);
    expect(kept).toBeDefined();
    expect(await one.locks.claim(own, kept)).toBe(true);
    await eventually(async () => expect(reachable(await two.describe())).toEqual([true, true, true]));
    await servers[0].process.stop();
    const other = await untilKnown(() => two.locks.open("t", longestMs));
    expect(await offer(two, other, "report")).toHaveProperty("held");
    // It has forgotten who holds what, and does not count.
    await expect(offer(two, other, "another")).rejects.toThrow(/have kept what they were told/);
  });

  it("P10: a server that was restarted counts as one that may have forgotten, whatever it read from its disk", async () => {
    const { servers, one } = await scene();
    await servers[0].process.restart({ kill: true });
    await eventually(async () => expect(reachable(await one.describe())).toEqual([true, true, true]));
    await servers[1].process.stop();
    const session = await untilKnown(() => one.locks.open("s", longestMs));
    await expect(offer(one, session, "report")).rejects.toThrow(/have kept what they were told/);
  });

  it("are as fast as the faster two when the network to the third passes nothing", async () => {
    const servers = await Promise.all([server(), server(), server()]);
    const proxy = await proxyTo(servers[2]);
    const urls = [servers[0].url, servers[1].url, proxy.url];
    const namespace = unique("test");
    const one = await connect({ urls, namespace, longestMs, commandTimeoutMs: 60_000 });
    afterTest(() => one.close());
    await untilTrusted(one, servers, namespace);
    proxy.blackhole();
    const later = await one.locks.open("t", longestMs);
    const own = await take(one, later);
    await one.locks.release(own);
  });

  it("come to be when a majority is there, and the third joins later", async () => {
    const servers = await Promise.all([server(), server(), server()]);
    const urls = servers.map(({ url }) => url);
    servers[2].process.pause();
    const one = await connect({ urls, longestMs });
    afterTest(() => one.close());
    expect(reachable(await one.describe())).toEqual([true, true, false]);
    servers[2].process.resume();
    await eventually(async () => expect(reachable(await one.describe())).toEqual([true, true, true]));
    await take(one, await one.locks.open("s", longestMs));
  });
});

describe("connecting to the servers of the locks", () => {
  it("fails when no majority is there, and names those that are not", async () => {
    const servers = await Promise.all([server(), server(), server()]);
    const urls = servers.map(({ url }) => url);
    for (const each of servers.slice(1)) await each.process.stop();
    const connecting = connect({ urls });
    await expect(connecting).rejects.toThrow(StoreUnavailableError);
    await expect(connecting).rejects.toThrow(String(servers[2].port));
  });

  it.each([
    [["redis://a", "redis://b"], /odd number of servers, three or more/],
    [["redis://a", "redis://b", "redis://c", "redis://d"], /odd number/],
    [["redis://a", "redis://b", "redis://a/1"], /named once/],
  ])("refuses %j", async (urls, message) => {
    const connecting = connect({ urls });
    await expect(connecting).rejects.toThrow(ConfigError);
    await expect(connecting).rejects.toThrow(message);
  });

  it("refuses a replica, and a server that drops keys", async () => {
    const servers = await Promise.all([server(), server(), server()]);
    const urls = servers.map(({ url }) => url);
    await servers[1].client.config("SET", "maxmemory", "100mb");
    await servers[1].client.config("SET", "maxmemory-policy", "allkeys-lru");
    await expect(connect({ urls })).rejects.toThrow(/noeviction/);
    await servers[1].client.config("SET", "maxmemory-policy", "noeviction");
    await servers[2].client.replicaof("127.0.0.1", servers[0].port);
    await expect(connect({ urls })).rejects.toThrow(/is a replica/);
  });

  it("refuses a lease that is longer than a forgetful server is kept out", async () => {
    const servers = await Promise.all([server(), server(), server()]);
    const one = await connect({ urls: servers.map(({ url }) => url), longestMs });
    afterTest(() => one.close());
    await expect(one.locks.open("s", longestMs + 1)).rejects.toThrow(ConfigError);
  });
});
