import {
  type Clock,
  claimed,
  heldLock,
  keepClaimedMs,
  type LockLeases,
  type LockMode,
  type LockRecord,
  type LockRequest,
  liveRecord,
  type OfferOptions,
  offered,
  released,
} from "@actor-runtime/core";
import { SystemClock } from "@actor-runtime/embedded";
import fc from "fast-check";
import type { Redis } from "ioredis";
import { describe, expect, it } from "vitest";
import { offeredLock } from "../contracts/lock-leases.contract.js";
import { collect, unique } from "../contracts/samples.js";
import { connected } from "./redis/connect.js";
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
      fc.asyncProperty(fc.array(command, { maxLength: 60 }), async (commands) => {
        await redis.client.del(...(await redis.client.keys(`${one.keys}*`)), "none");
        const model = new Model();
        for (const each of commands) await model.check(each, one.locks, redis.client, one.keys);
      }),
      { numRuns: 150 },
    );
  });
});

const name = fc.constantFrom("a", "b");
const request = fc.constantFrom("r1", "r2", "r3", "r4");
const session = fc.constantFrom("s1", "s2", "s3");

type Command =
  | { do: "open" | "renew" | "close" | "end"; session: string }
  | { do: "offer"; name: string; request: string; mode: LockMode; session: string; waits: boolean; others: boolean }
  | { do: "claim"; name: string; request: string; session: string }
  | { do: "release" | "lapse"; name: string; request: string }
  | { do: "break" | "inspect"; name: string };

const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom("open", "renew", "close", "end"), session }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant("offer"),
      name,
      request,
      mode: fc.constantFrom<LockMode[]>("exclusive", "shared", "shared"),
      session,
      waits: fc.boolean(),
      others: fc.boolean(),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("claim"), name, request, session }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom("release", "lapse"), name, request }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom("break", "inspect"), name }) },
);

/** What the pure rules make of the same commands. Time stands still; what it would end is ended by hand, on both sides. */
class Model {
  readonly #records = new Map<string, LockRecord>();
  readonly #sessions = new Set<string>();
  #lastFence = 0;

  async check(command: Command, locks: LockLeases, redis: Redis, keys: string): Promise<void> {
    const at = { now: 0, sessionEnd: (id: string) => (this.#sessions.has(id) ? longMs : undefined) };
    const live = (name: string) => this.#write(name, liveRecord(this.#records.get(name), at));
    const seen = (name: string) => {
      const record = live(name);
      return record && withoutTimes(heldLock(name, record, at));
    };
    switch (command.do) {
      case "open":
        await locks.open(command.session, longMs);
        this.#sessions.add(command.session);
        return;
      case "renew": {
        const renewed = await locks.renew({ id: command.session, until: 0 }, longMs);
        expect(renewed !== undefined).toBe(this.#sessions.has(command.session));
        return;
      }
      case "close":
        await locks.close({ id: command.session, until: 0 });
        this.#sessions.delete(command.session);
        return;
      case "end":
        await redis.set(`${keys}session:${command.session}`, "1", "XX");
        this.#sessions.delete(command.session);
        return;
      case "offer": {
        const answer = await offer(locks, command, command);
        if (!this.#sessions.has(command.session)) return expect(answer).toEqual({ over: true });
        const before = live(command.name);
        const nextFence = "offer" in answer ? answer.offer.fence : -1;
        const after = offered(before, command, { now: 0, claimMs: longMs, nextFence, others: command.others });
        if (after === undefined) {
          const held = withoutTimes(heldLock(command.name, before!, at));
          expect("held" in answer && withoutTimes(answer.held)).toEqual(held);
          this.#write(command.name, { ...before!, wanted: before!.wanted || command.waits });
          return;
        }
        expect(answer).toMatchObject({ offer: { name: command.name, request: command.request, fence: after.fence } });
        if (before === undefined) expect(after.fence).toBeGreaterThan(this.#lastFence);
        this.#lastFence = Math.max(this.#lastFence, after.fence);
        this.#write(command.name, after);
        return;
      }
      case "claim": {
        const { name, request, session } = command;
        const own = { name, request, mode: "exclusive", fence: 0 } as const;
        const after = this.#sessions.has(session) ? claimed(live(name), request, session) : undefined;
        expect(await locks.claim(own, { id: session, until: 0 })).toBe(after !== undefined);
        if (after !== undefined) this.#write(name, after);
        return;
      }
      case "release": {
        const { name, request } = command;
        const before = live(name);
        const after = before && released(before, request);
        const wanted = before !== undefined && after === undefined && before.wanted;
        expect(await locks.release({ name, request })).toEqual({ wanted });
        this.#write(name, after);
        return;
      }
      case "lapse": {
        const { name, request } = command;
        const record = this.#records.get(name);
        const taker = record?.takers.get(request);
        if (record === undefined || taker === undefined || taker.session !== undefined) return;
        const key = `${keys}held:${name}`;
        const value = await redis.hget(key, `/${request}`);
        // A record that nobody has looked at since all of it was over is still there in one of the two only.
        if (value !== null) await redis.hset(key, `/${request}`, value.replace(/^(\d+ \d+) \d+/, "$1 1"));
        this.#records.set(name, { ...record, takers: new Map(record.takers).set(request, { ...taker, claimBy: -1 }) });
        return;
      }
      case "break": {
        const before = seen(command.name);
        const broken = await locks.break(command.name);
        expect(broken && withoutTimes(broken)).toEqual(before);
        this.#write(command.name, undefined);
        return;
      }
      case "inspect": {
        const held = await locks.inspect(command.name);
        expect(held && withoutTimes(held)).toEqual(seen(command.name));
        const listed = (await collect(locks.list(""))).map(({ name }) => name);
        expect(listed.sort()).toEqual(["a", "b"].filter((name) => seen(name) !== undefined));
      }
    }
  }

  #write(name: string, record: LockRecord | undefined): LockRecord | undefined {
    if (record === undefined) this.#records.delete(name);
    else this.#records.set(name, record);
    return record;
  }
}

function withoutTimes({ holders, ...held }: NonNullable<Awaited<ReturnType<LockLeases["inspect"]>>>) {
  return { ...held, holders: holders.map(({ request, claimed }) => ({ request, claimed })) };
}
