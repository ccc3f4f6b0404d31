import { setTimeout as sleep } from "node:timers/promises";
import { StoreUnavailableError } from "@actor-runtime/core";
import { describe, expect, it } from "vitest";
import { someMember } from "../contracts/membership.contract.js";
import { collect, eventually, someCommit, unique } from "../contracts/samples.js";
import { freePort } from "../services/free-port.js";
import { connected, owner } from "./redis/connect.js";
import { afterTest, proxyTo, server, untilKnown } from "./redis/scene.js";

async function process(options: Parameters<typeof connected>[0]) {
  const one = await connected({ commandTimeoutMs: 500, ...options });
  afterTest(() => one.services.close());
  return one;
}

describe("a Redis that forgets its scripts", () => {
  it("goes on, in the middle of commits and renewals", async () => {
    const redis = await server();
    const { store, leases } = await process({ urls: redis.url });
    const { lease, commit } = await owner({ store, leases });
    for (let seq = 1; seq <= 50; seq++) {
      if (seq % 10 === 0) await redis.client.script("FLUSH");
      expect(await commit(seq)).toBe("committed");
    }
    await redis.client.script("FLUSH");
    expect(await leases.renew([{ lease, seq: 50 }], 10_000)).toEqual([{ lease: expect.anything() }]);
  });
});

describe("a Redis out of memory", () => {
  it("P1: refuses commits without writing any of it, keeps leases, and takes the same record when there is room", async () => {
    const redis = await server({ "maxmemory-policy": "noeviction" });
    const { store, leases, membership } = await process({ urls: redis.url });
    const { partition, lease, commit } = await owner({ store, leases });
    const writes = {
      states: [
        { address: "Account/gone", state: undefined },
        { address: "Account/a", state: "after" },
      ],
    };
    await commit(1, { states: [{ address: "Account/gone", state: "before" }] });
    await redis.client.config("SET", "maxmemory", "1mb");

    await expect(commit(2, writes)).rejects.toThrow(StoreUnavailableError);
    expect(await store.readStates(partition, ["Account/gone", "Account/a"])).toEqual(["before", undefined]);
    expect(await leases.renew([{ lease, seq: 1 }], 10_000)).toEqual([{ lease: expect.anything() }]);
    expect(await leases.acquire("Account:g1:01", "b", 10_000)).toHaveProperty("lease");
    await membership.join(someMember("a"), 10_000);

    await redis.client.config("SET", "maxmemory", "0");
    expect(await commit(2, writes)).toBe("committed");
    expect(await store.readStates(partition, ["Account/gone", "Account/a"])).toEqual([undefined, "after"]);
  });

  it("takes commits that only make room", async () => {
    const redis = await server({ "maxmemory-policy": "noeviction" });
    const { store, leases } = await process({ urls: redis.url });
    const { partition, commit } = await owner({ store, leases });
    const target = "Invoice:g1:00";
    await commit(1, {
      states: [{ address: "Account/a", state: "x" }],
      out: [{ target, number: 5, prev: 0, message: "m" }],
    });
    await redis.client.config("SET", "maxmemory", "1mb");
    const writes = { states: [{ address: "Account/a", state: undefined }], outTrim: [{ target, upTo: 5 }] } as const;
    expect(await commit(2, writes)).toBe("committed");
    expect(await collect(store.list(partition, ""))).toEqual([]);
  });
});

describe("a master that becomes a replica", () => {
  it("P1: takes no commits and no leases meanwhile, and the same record afterwards", async () => {
    const redis = await server();
    const { store, leases } = await process({ urls: redis.url });
    const { commit } = await owner({ store, leases });
    await commit(1);
    // Of nobody: it still serves what it has, but takes no writes.
    await redis.client.replicaof("127.0.0.1", await freePort());
    await expect(commit(2)).rejects.toThrow(StoreUnavailableError);
    await expect(leases.acquire("Account:g1:01", "b", 10_000)).rejects.toThrow(StoreUnavailableError);
    await redis.client.replicaof("NO", "ONE");
    expect(await untilKnown(() => commit(2))).toBe("committed");
  });

  it("is left for the new master when both are named", async () => {
    const [first, second] = [await server(), await server()];
    await second.client.replicaof("127.0.0.1", first.port);
    const { store, leases } = await process({ urls: [first.url, second.url] });
    const { partition, commit } = await owner({ store, leases });
    await commit(1);
    await eventually(async () => expect(await second.client.info("replication")).toContain("master_link_status:up"));
    // WAIT is about what its own connection wrote.
    await first.client.set("last", "1");
    expect(await first.client.wait(1, 1_000)).toBe(1);
    await second.client.replicaof("NO", "ONE");
    await first.client.replicaof("127.0.0.1", second.port);

    expect(await untilKnown(() => commit(2))).toBe("committed");
    expect(await store.readStates(partition, ["Account/a"])).toEqual(["2"]);
    expect(await second.client.role()).toContain("master");
  });
});

describe("a Redis that is killed and restarted", () => {
  it("P1: has every commit once, when it keeps a file of every write", async () => {
    const redis = await server({ appendfsync: "always" });
    const { store, leases, telemetry } = await process({ urls: redis.url });
    const { partition, lease, commit } = await owner({ store, leases });
    let unknown = 0;
    const committing = (async () => {
      for (let seq = 1; seq <= 300; seq++) {
        const push = { stored: [{ address: "Account/a", shift: 0, unshift: [], push: [`${seq}`] }] };
        const outcome = await untilKnown(async () => {
          unknown += 1;
          const known = await commit(seq, push);
          unknown -= 1;
          return known;
        });
        expect(["committed", "already"]).toContain(outcome);
        await sleep(1);
      }
    })();
    for (let round = 0; round < 3; round++) {
      await sleep(80);
      await redis.process.restart({ kill: true });
    }
    await committing;
    expect(unknown).toBeGreaterThan(0);
    // Both connections, up to three times each; one that was being made anew is not lost again.
    await eventually(() => expect(telemetry.total("store.reconnects")).toBeGreaterThanOrEqual(2));
    const image = await untilKnown(() => store.load(partition, lease));
    expect(image.seq).toBe(300);
    expect(image.stored.get("Account/a")).toEqual(Array.from({ length: 300 }, (_, index) => `${index + 1}`));
  });

  it("T1: has every partition taken over anew, once, because it may have lost writes", async () => {
    const redis = await server();
    const namespace = unique("test");
    const [one, two] = [await process({ urls: redis.url, namespace }), await process({ urls: redis.url, namespace })];
    const { lease } = await owner(one);
    const second = await owner(two, "Account:g1:01");
    const { generation } = await one.store.namespace();
    await redis.process.restart({ kill: true });

    await eventually(async () => {
      expect(await one.leases.renew([{ lease, seq: 0 }], 10_000)).toEqual([{ lost: "rewound" }]);
    });
    await eventually(async () => {
      expect(await two.leases.renew([{ lease: second.lease, seq: 0 }], 10_000)).toEqual([{ lost: "rewound" }]);
    });
    expect((await two.store.namespace()).generation).toBe(generation + 1);
    const again = await owner(one);
    expect((await one.store.load(again.partition, again.lease)).rewound).toBe(true);
    expect(await one.leases.renew([{ lease: again.lease, seq: 0 }], 10_000)).toEqual([{ lease: expect.anything() }]);
  });
});

describe("members of a Redis that is killed and restarted", () => {
  it("are still there, with the placement they agreed on, when it keeps a file of every write", async () => {
    const redis = await server({ appendfsync: "always" });
    const { membership } = await process({ urls: redis.url });
    await membership.join(someMember("a"), 600_000);
    const view = await membership.join(someMember("b"), 600_000);
    const placed = await membership.place("Account", 0, { view: view.version, owners: ["a", "b"], since: [1, 1] });
    await redis.process.restart({ kill: true });

    expect(await untilKnown(() => membership.view())).toEqual(view);
    expect(await membership.placements(["Account"])).toEqual([placed]);
    expect(await membership.heartbeat(someMember("a"), 600_000)).toMatchObject({ own: "alive", view });
  });

  it("are told to join again by one that forgot them, and no version of the view comes twice", async () => {
    const redis = await server();
    const { membership } = await process({ urls: redis.url });
    for (const id of ["a", "b", "c"]) await membership.join(someMember(id), 600_000);
    const { version } = await membership.view();
    // Versions follow the store's clock, and several changes within one ms are ahead of it.
    const storeMs = async () => Number((await redis.client.time())[0]) * 1_000;
    await eventually(async () => expect(await storeMs()).toBeGreaterThan(version));
    await redis.client.flushall();
    expect(await membership.heartbeat(someMember("a"), 600_000)).toMatchObject({ own: "expired" });
    expect((await membership.join(someMember("a"), 600_000)).version).toBeGreaterThan(version);
  });
});

describe("two workers with one id", () => {
  it("end as one: the run that was out of reach is told that it was replaced, and takes nothing with it", async () => {
    const redis = await server();
    const proxy = await proxyTo(redis);
    const away = await process({ urls: proxy.url });
    const { membership } = await process({ urls: redis.url, namespace: away.namespace });
    const [first, second] = [someMember("a"), someMember("a", { incarnation: "a-2" })];
    await away.membership.join(first, 600_000);
    proxy.blackhole();
    await expect(away.membership.heartbeat(first, 600_000)).rejects.toThrow(StoreUnavailableError);
    await membership.join(second, 600_000);
    proxy.resume();
    expect(await untilKnown(() => away.membership.heartbeat(first, 600_000))).toMatchObject({ own: "replaced" });
    await away.membership.leave(first);
    expect(await membership.heartbeat(second, 600_000)).toMatchObject({ own: "alive", view: { members: [second] } });
  });
});

describe("a Redis that lost writes it had acknowledged", () => {
  it("P1: is found out by the next commit, counted, logged with its numbers, and lets holes pass", async () => {
    const redis = await server({ appendfsync: "always" });
    const one = await process({ urls: redis.url });
    const { store, leases, telemetry, lines } = one;
    const { partition, lease, commit } = await owner(one);
    await commit(1);
    await commit(2);
    const older = await redis.process.snapshot();
    for (const seq of [3, 4, 5]) await commit(seq);
    const { generation } = await store.namespace();
    await redis.process.restore(older);

    expect(await untilKnown(() => commit(6))).toBe("rewound");
    expect(await leases.renew([{ lease, seq: 5 }], 10_000)).toEqual([{ lost: "rewound" }]);
    expect((await store.namespace()).generation).toBeGreaterThan(generation);
    expect(telemetry.total("store.rewound_commits")).toBe(3);
    expect(lines.filter(({ level }) => level === "error").map(({ fields }) => fields)).toEqual([
      expect.objectContaining({ partition, lost: 3, from: 3, to: 5 }),
    ]);
    const next = await owner(one);
    expect(await store.load(partition, next.lease)).toMatchObject({ seq: 2, rewound: true });
    expect(next.lease.fence).toBeGreaterThan(lease.fence);
    expect(await next.commit(3)).toBe("committed");
  });

  it("P1: is found out by a renewal when nothing is committed, and raises the generation once for all partitions", async () => {
    const redis = await server();
    const one = await process({ urls: redis.url });
    const { generation } = await one.store.namespace();
    const partitions = ["Account:g1:00", "Account:g1:01", "Account:g1:02"];
    const owners = await Promise.all(partitions.map((partition) => owner(one, partition)));
    for (const { commit } of owners) await commit(1);
    for (const partition of partitions) await redis.client.hset(`{${one.namespace}:${partition}}:own`, "seq", "0");
    const renewals = owners.map(({ lease }) => ({ lease, seq: 1 }));
    expect(await one.leases.renew(renewals, 10_000)).toEqual(partitions.map(() => ({ lost: "rewound" })));
    expect(one.telemetry.total("store.rewound_commits")).toBe(3);
    expect((await one.store.namespace()).generation).toBe(generation + 1);
    for (const partition of partitions) {
      const { lease } = await owner(one, partition);
      expect((await one.store.load(partition, lease)).rewound).toBe(true);
    }
  });

  it("P1: raises the generation once when eight processes find it out at the same time", async () => {
    const redis = await server();
    const namespace = unique("test");
    const eight = await Promise.all(Array.from({ length: 8 }, () => process({ urls: redis.url, namespace })));
    const { generation } = await eight[0]!.store.namespace();
    const owners = await Promise.all(eight.map((one, index) => owner(one, `Account:g1:0${index}`)));
    for (const { partition, commit } of owners) {
      await commit(1);
      await redis.client.hset(`{${namespace}:${partition}}:own`, "seq", "0");
    }
    const renewed = await Promise.all(
      eight.map(({ leases }, index) => leases.renew([{ lease: owners[index]!.lease, seq: 1 }], 10_000)),
    );
    expect(renewed).toEqual(eight.map(() => [{ lost: "rewound" }]));
    expect((await eight[0]!.store.namespace()).generation).toBe(generation + 1);
  });

  it("P1: is found out by the next owner when the leases had run out before it was back", async () => {
    const redis = await server({ appendfsync: "always" });
    const one = await process({ urls: redis.url });
    const { partition, commit } = await owner(one);
    await commit(1);
    const older = await redis.process.snapshot();
    for (const seq of [2, 3]) await commit(seq);
    await redis.process.restore(older);

    const next = await untilKnown(() => owner(one));
    expect(await one.store.load(partition, next.lease)).toMatchObject({ seq: 1, rewound: true });
    expect(one.telemetry.total("store.rewound_commits")).toBe(2);
    expect(one.lines.filter(({ level }) => level === "error").map(({ fields }) => fields)).toEqual([
      expect.objectContaining({ partition, lost: 2, from: 2, to: 3 }),
    ]);
    const another = await untilKnown(() => owner(one));
    await one.store.load(partition, another.lease);
    expect(one.telemetry.total("store.rewound_commits")).toBe(2);
  });

  it("P1: is found out by an owner that committed nothing itself, but knows what was there when it came", async () => {
    const redis = await server({ appendfsync: "always" });
    const first = await process({ urls: redis.url });
    const { partition, lease, commit } = await owner(first);
    await commit(1);
    const older = await redis.process.snapshot();
    await commit(2);
    await first.leases.release(lease);
    const second = await process({ urls: redis.url, namespace: first.namespace });
    const taken = await untilKnown(() => owner(second));
    expect(await second.store.load(partition, taken.lease)).toMatchObject({ seq: 2, rewound: false });
    await redis.process.restore(older);

    const again = await untilKnown(() => owner(second));
    expect(await second.store.load(partition, again.lease)).toMatchObject({ seq: 1, rewound: true });
    expect(second.telemetry.total("store.rewound_commits")).toBe(1);
  });

  it("P1: is found out when it lost everything", async () => {
    const redis = await server();
    const one = await process({ urls: redis.url });
    const owners = await Promise.all(["Account:g1:00", "Account:g1:01"].map((partition) => owner(one, partition)));
    await redis.client.flushall();
    expect(await Promise.all(owners.map(({ commit }) => commit(1)))).toEqual(["rewound", "rewound"]);
    for (const { partition } of owners) {
      const next = await owner(one, partition);
      expect((await one.store.load(partition, next.lease)).rewound).toBe(true);
      expect(await next.commit(1)).toBe("committed");
    }
  });
});

describe("a connection that is only half there", () => {
  it("P1: leaves the outcome unknown within the command timeout, and the same record finds out", async () => {
    const redis = await server();
    const proxy = await proxyTo(redis);
    const { store, leases } = await process({ urls: proxy.url });
    const { commit } = await owner({ store, leases });
    await commit(1);
    proxy.blackhole("down");
    const before = performance.now();
    await expect(commit(2)).rejects.toThrow(StoreUnavailableError);
    await expect(leases.inspect("Account:g1:00")).rejects.toThrow(StoreUnavailableError);
    expect(performance.now() - before).toBeLessThan(2_000);
    proxy.resume();
    expect(await untilKnown(() => commit(2))).toBe("already");
  });

  it("P6: a late copy of a commit writes nothing, under the same owner and under the next", async () => {
    const redis = await server();
    const { store, leases } = await process({ urls: redis.url });
    const first = await owner({ store, leases });
    const late = someCommit(first.lease, 1, { states: [{ address: "Account/a", state: "late" }] });
    expect(await store.commit(first.partition, late)).toBe("committed");
    expect(await first.commit(2)).toBe("committed");
    expect(await store.commit(first.partition, late)).toBe("already");
    await leases.release(first.lease);
    const second = await owner({ store, leases });
    expect(await store.commit(first.partition, late)).toBe("fenced");
    expect(await store.readStates(second.partition, ["Account/a"])).toEqual(["2"]);
  });

  it("does not hang on a server that does not move", async () => {
    const redis = await server();
    const { store, leases } = await process({ urls: redis.url });
    const { commit } = await owner({ store, leases });
    redis.process.pause();
    await expect(commit(1)).rejects.toThrow(StoreUnavailableError);
    await expect(leases.acquire("Account:g1:01", "b", 10_000)).rejects.toThrow(StoreUnavailableError);
    redis.process.resume();
    expect(["committed", "already"]).toContain(await untilKnown(() => commit(1)));
  });
});

describe("a barrier", () => {
  it("P1: lets a commit pass only once the replicas have it", async () => {
    const [master, replica] = [await server(), await server()];
    await replica.client.replicaof("127.0.0.1", master.port);
    await eventually(async () => expect(await replica.client.info("replication")).toContain("master_link_status:up"));
    const barrier = { replicas: 1, fsync: "none", timeoutMs: 300 } as const;
    const { store, leases } = await process({ urls: master.url, barrier });
    const { commit } = await owner({ store, leases });
    // A replica that has just joined may take longer than the barrier waits.
    expect(["committed", "already"]).toContain(await untilKnown(() => commit(1)));
    replica.process.pause();
    await expect(commit(2)).rejects.toThrow("0 of 1 replicas");
    await expect(commit(2)).rejects.toThrow(StoreUnavailableError);
    replica.process.resume();
    expect(await untilKnown(() => commit(2))).toBe("already");
  });

  it("P1: does not take a new server's word for a commit that only the old one had", async () => {
    const redis = await server();
    const proxy = await proxyTo(redis);
    const barrier = { replicas: 0, fsync: "none", timeoutMs: 300 } as const;
    const { store, leases } = await process({ urls: proxy.url, barrier });
    const { commit } = await owner({ store, leases });
    expect(await commit(1)).toBe("committed");
    const committing = commit(2);
    proxy.cut();
    await expect(committing).rejects.toThrow(StoreUnavailableError);
    expect(["committed", "already"]).toContain(await untilKnown(() => commit(2)));
  });
});
