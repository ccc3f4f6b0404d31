import {
  type Clock,
  keepClaimedMs,
  type LockLeases,
  type LockMode,
  type LockRequest,
  type OfferOptions,
} from "@actor-runtime/core";
import { SystemClock } from "@actor-runtime/embedded";
import fc from "fast-check";
import type { Redis } from "ioredis";
import { describe, expect, it } from "vitest";
import { offeredLock } from "../contracts/lock-leases.contract.js";
import { collect, unique } from "../contracts/samples.js";
import { connected } from "./redis/connect.js";
import { anyCommand, LockModel } from "./redis/lock-model.js";
import { afterTest, server } from "./redis/scene.js";

const longMs = 60_000;

async function process(url: string, options: Parameters<typeof connected>[0] = {}) {
  const one = await connected({ urls: url, ...options });
  afterTest(() => one.services.close());
  const keys = `{${one.namespace}:locks}:`;
  return { ...one, keys, session: await one.locks.open("s", longMs) };
}

function asked(name: string, mode: LockMode = "exclusive"): LockRequest {
  return { name, request: unique("w/1"), mode };
}

function offer(locks: LockLeases, request: LockRequest, options: Partial<OfferOptions> = {}) {
  return locks.offer(request, { session: "s", claimMs: longMs, waits: false, others: false, ...options });
}

async function take(locks: LockLeases, request: LockRequest, options?: Partial<OfferOptions>) {
  const own = offeredLock(await offer(locks, request, options));
  expect(await locks.claim(own, { id: options?.session ?? "s", until: 0 })).toBe(true);
  return own;
}

async function lockKeys(redis: Redis, { keys }: { readonly keys: string }): Promise<string[]> {
  return (await redis.keys(`${keys}*`)).map((key) => key.slice(keys.length)).sort();
}

describe("locks in Redis", () => {
  it("leave one key behind, however many there were: the floor of all fences", async () => {
    const redis = await server();
    const one = await process(redis.url);
    const { locks } = one;
    const held = [];
    for (let index = 0; index < 50; index++) held.push(await take(locks, asked(`report:${index}`)));
    expect(await lockKeys(redis.client, one)).toHaveLength(53);
    for (const lock of held.slice(0, 25)) await locks.release(lock);
    for (const lock of held.slice(25)) await locks.break(lock.name);
    await take(locks, asked("shared", "shared"));
    await locks.close(one.session);
    expect(await locks.break("shared")).toBeUndefined();
    expect(await lockKeys(redis.client, one)).toEqual(["floor"]);
    expect(await redis.client.ttl(`${one.keys}floor`)).toBe(-1);
  });

  it("of a process that died leave nothing either, once their time is over", async () => {
    const redis = await server();
    const one = await process(redis.url);
    const { locks, keys } = one;
    await take(locks, asked("claimed"));
    await offer(locks, asked("offered"), { claimMs: 5_000 });
    expect(await redis.client.pttl(`${keys}held:claimed`)).toBeGreaterThan(keepClaimedMs - 5_000);
    expect(await redis.client.pttl(`${keys}held:claimed`)).toBeLessThanOrEqual(keepClaimedMs);
    expect(await redis.client.pttl(`${keys}held:offered`)).toBeGreaterThan(0);
    expect(await redis.client.pttl(`${keys}held:offered`)).toBeLessThanOrEqual(5_000);
    expect(await redis.client.pttl(`${keys}session:s`)).toBeLessThanOrEqual(longMs);

    // As if that time had passed.
    await redis.client.del(`${keys}held:claimed`, `${keys}held:offered`, `${keys}session:s`);
    for (const name of ["claimed", "offered"]) await redis.client.zadd(`${keys}index`, "XX", 1, name);
    expect(await collect(locks.list(""))).toEqual([]);
    expect(await lockKeys(redis.client, one)).toEqual(["floor", "index"]);
    await locks.close(await locks.open("t", longMs));
    expect(await lockKeys(redis.client, one)).toEqual(["floor"]);
  });

  it("are kept for longer by a claim that is repeated, and not for less by a late reader", async () => {
    const redis = await server();
    const { locks, keys, session } = await process(redis.url);
    const own = await take(locks, asked("report", "shared"));
    await redis.client.pexpire(`${keys}held:report`, 10_000);
    expect(await locks.claim(own, session)).toBe(true);
    await offer(locks, asked("report", "shared"), { claimMs: 100 });
    expect(await redis.client.pttl(`${keys}held:report`)).toBeGreaterThan(keepClaimedMs - 5_000);
  });

  it("can be taken, kept and given up while Redis is out of memory", async () => {
    const redis = await server({ "maxmemory-policy": "noeviction" });
    const { locks, session } = await process(redis.url);
    const before = await take(locks, asked("before"));
    await redis.client.config("SET", "maxmemory", "1mb");
    const after = await take(locks, asked("after"));
    expect(await locks.renew(session, longMs)).toBeDefined();
    expect(await locks.claim(before, session)).toBe(true);
    await locks.release(before);
    await locks.break(after.name);
    expect(await collect(locks.list(""))).toEqual([]);
    await locks.close(session);
  });

  it("P10: have rising fences when the store's clock steps back an hour", async () => {
    const redis = await server();
    const system = new SystemClock();
    let aheadMs = 0;
    // The store's time as this process knows it goes on, and that of the store does not: it was set back.
    const clock: Clock = {
      now: () => system.now(),
      monotonic: () => system.monotonic() + aheadMs,
      after: (ms, call) => system.after(ms, call),
    };
    const one = await process(redis.url, { clock });
    const two = await process(redis.url, { namespace: one.namespace });
    const first = await take(one.locks, asked("report"));
    aheadMs = 60 * 60_000;
    await redis.client.flushall();
    await one.locks.open("s", longMs);
    const second = await take(one.locks, asked("report"));
    expect(second.fence).toBeGreaterThan(first.fence + 59 * 60_000_000);
    await one.locks.release(second);
    // Who was not there learns of it by the floor.
    expect((await take(two.locks, asked("report"))).fence).toBe(second.fence + 1);
  });

  it("P10: follow the rules of core/rules/lock-record, whatever happens in whatever order", {
    timeout: 60_000,
  }, async () => {
    const redis = await server();
    const one = await process(redis.url);
    await fc.assert(
      fc.asyncProperty(fc.array(anyCommand, { minLength: 1, maxLength: 60, size: "max" }), async (commands) => {
        await redis.client.del(...(await redis.client.keys(`${one.keys}*`)), "none");
        const model = new LockModel();
        for (const each of commands) await model.check(each, one.locks, redis.client, one.keys);
      }),
      { numRuns: 100 },
    );
  });
});
