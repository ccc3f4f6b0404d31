import { setTimeout as sleep } from "node:timers/promises";
import { type Change, ConfigError } from "@actor-runtime/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { leasesContract } from "../contracts/leases.contract.js";
import { lockLeasesContract } from "../contracts/lock-leases.contract.js";
import { membershipContract } from "../contracts/membership.contract.js";
import { eventually, unique } from "../contracts/samples.js";
import { storeContract } from "../contracts/store.contract.js";
import { alarmsOn } from "./bullmq/alarms-on.js";
import { clock, connected, owner } from "./redis/connect.js";
import { startCluster } from "./redis/redis-cluster.js";
import type { RedisServer } from "./redis/redis-server.js";

let nodes: readonly RedisServer[] = [];

beforeAll(async () => {
  nodes = await startCluster();
});

afterAll(() => Promise.all(nodes.map((node) => node.remove())));

// A timer of Node may go off up to 1 ms early.
const timing = { ttlMs: 150, pass: (ms: number) => sleep(ms + 1) };

async function twoProcesses() {
  const options = { namespace: unique("test"), urls: nodes[0]!.url };
  const [one, two] = await Promise.all([connected(options), connected(options)]);
  const dispose = async (): Promise<void> => void (await Promise.all([one.services.close(), two.services.close()]));
  return { one, two, dispose };
}

storeContract("redis cluster", async () => {
  const { one, two, dispose } = await twoProcesses();
  return { ...timing, port: one.store, other: two.store, leases: one.leases, retentionMs: 200, dispose };
});

leasesContract("redis cluster", async () => {
  const { one, two, dispose } = await twoProcesses();
  return { ...timing, port: one.leases, other: two.leases, monotonic: () => clock.monotonic(), dispose };
});

lockLeasesContract("redis cluster", async () => {
  const { one, two, dispose } = await twoProcesses();
  const { locks: port } = one;
  const forget = async () => void (await Promise.all(nodes.map(({ client }) => client.flushall())));
  return { ...timing, port, other: two.locks, monotonic: () => clock.monotonic(), forget, dispose };
});

membershipContract("redis cluster", async () => {
  const { one, two, dispose } = await twoProcesses();
  const { membership: port } = one;
  const { membership: other, leases } = two;
  // Keys with the namespace as their hash tag lie together.
  const marker = (text: string) => `${one.namespace}}${text}`;
  return { ...timing, port, other, leases, marker, now: () => clock.now(), toleranceMs: 100, dispose };
});

describe("a Redis Cluster", () => {
  it("keeps the partitions of a mailbox on all its nodes, each on one", async () => {
    const one = await connected({ urls: nodes.map(({ url }) => url) });
    for (let index = 10; index < 42; index++) {
      const { commit } = await owner(one, `Account:g1:${index}`);
      expect(await commit(1)).toBe("committed");
    }
    const held = await Promise.all(nodes.map(({ client }) => client.keys(`{${one.namespace}:Account*`)));
    for (const keys of held) expect(keys.length).toBeGreaterThan(0);
    expect((await one.services.describe()).servers).toHaveLength(3);
    await one.services.close();
  });

  it("keeps alarms, all of a namespace on one of its nodes", async () => {
    const one = await connected({ urls: nodes.map(({ url }) => url) });
    const { alarms } = alarmsOn(one);
    const rung: string[] = [];
    await alarms.listen(async ({ id }) => void rung.push(id));
    const ids = Array.from({ length: 20 }, () => unique("alarm")).sort();
    const dueAt = clock.now() + 200;
    await alarms.set(ids.map((id) => ({ id, partition: "Account:g1:00", dueAt, hint: "tick" })));
    await eventually(() => expect(rung.toSorted()).toEqual(ids));
    await alarms.close();
    await one.services.close();
  });

  it("tells of changes through any of its nodes: when one does not let us listen, another does", async () => {
    const one = await connected({ urls: nodes[0]!.url });
    const heard: Change[] = [];
    one.membership.watch((change) => void heard.push(change));
    const listenedTo = async (): Promise<number[]> => {
      const lists = await Promise.all(nodes.map(({ client }) => client.call("CLIENT", "LIST", "TYPE", "pubsub")));
      return lists.flatMap((list, index) => ((list as string).includes(one.namespace) ? [index] : []));
    };
    await eventually(async () => expect(await listenedTo()).toHaveLength(1));
    const [first] = await listenedTo();
    await nodes[first!]!.client.call("CLIENT", "KILL", "TYPE", "pubsub");
    await eventually(async () => expect(await listenedTo()).toHaveLength(1));
    expect(await listenedTo()).not.toEqual([first]);

    heard.length = 0;
    for (let index = 10; index < 42; index++) {
      const { partition, lease } = await owner(one, `Account:g1:${index}`);
      await one.leases.release(lease);
      await eventually(() => expect(heard).toContainEqual({ about: "released", lease: partition }));
    }
    await one.services.close();
  });

  it("refuses a barrier, which it cannot keep, and says what to do instead", async () => {
    const barrier = { replicas: 1, fsync: "none", timeoutMs: 100 } as const;
    const connecting = connected({ urls: nodes[0]!.url, barrier });
    await expect(connecting).rejects.toThrow(ConfigError);
    await expect(connecting).rejects.toThrow("min-replicas-to-write");
  });
});
