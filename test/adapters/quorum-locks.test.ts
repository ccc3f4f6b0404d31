import { type LockRequest, type LockSession, type OfferOptions, StoreUnavailableError } from "@actor-runtime/core";
import type { QuorumLockLeases } from "@actor-runtime/redis";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { lockLeasesContract, offeredLock } from "../contracts/lock-leases.contract.js";
import { unique } from "../contracts/samples.js";
import { LockEnsemble, type Way } from "./quorum/lock-ensemble.js";

for (const servers of [3, 5]) {
  lockLeasesContract(`quorum of ${servers}`, async () => {
    const ensemble = new LockEnsemble(Array<number>(servers).fill(1), 600_000);
    return {
      port: ensemble.connect("one"),
      other: ensemble.connect("two"),
      ttlMs: 10_000,
      monotonic: () => ensemble.clock.monotonic(),
      pass: (ms) => ensemble.clock.advance(ms),
      forget: async () => {
        for (let server = 0; server < servers; server++) ensemble.restartEmpty(server);
      },
      dispose: async () => {},
    };
  });
}

const ttlMs = 10_000;
const longestMs = 10_000;

/** Three servers that have long been there. */
async function three() {
  const ensemble = new LockEnsemble([1, 1, 1], longestMs);
  await ensemble.clock.advance(longestMs);
  const [one, two] = [ensemble.connect("one"), ensemble.connect("two")];
  return { ensemble, one, two };
}

function asked(name = "report", mode: LockRequest["mode"] = "exclusive"): LockRequest {
  return { name, request: unique("w/1"), mode };
}

function offer(locks: QuorumLockLeases, request: LockRequest, session: LockSession, options?: Partial<OfferOptions>) {
  return locks.offer(request, { session: session.id, claimMs: 2_000, waits: false, others: false, ...options });
}

async function take(locks: QuorumLockLeases, request: LockRequest, session: LockSession) {
  const own = offeredLock(await offer(locks, request, session));
  expect(await locks.claim(own, session)).toBe(true);
  return own;
}

describe("locks on three servers", () => {
  it.each<Way>(["down", "deaf", "mute"])("are taken, renewed and released while one of them is %s", async (way) => {
    const { ensemble, one, two } = await three();
    ensemble.way("one", 1, way);
    const session = await ensemble.finish(one.open("s", ttlMs));
    const own = await ensemble.finish(take(one, asked(), session));
    const renewed = await ensemble.finish(one.renew(session, ttlMs));
    expect(renewed!.until).toBeGreaterThan(ensemble.clock.monotonic() + ttlMs * 0.85);
    const other = await two.open("t", ttlMs);
    expect(await ensemble.finish(offer(two, asked(), other))).toHaveProperty("held");
    expect(await ensemble.finish(one.inspect("report"))).toMatchObject({ holders: [{ request: own.request }] });
    await ensemble.finish(one.release(own));
    expect((await ensemble.finish(take(two, asked(), other))).fence).toBeGreaterThan(own.fence);
  });

  it.each<Way>(["down", "deaf", "mute"])("cannot be had or renewed while two of them are %s", async (way) => {
    const { ensemble, one } = await three();
    const session = await one.open("s", ttlMs);
    await take(one, asked(), session);
    for (const server of [0, 2]) ensemble.way("one", server, way);
    const calls = [
      () => one.open("t", ttlMs),
      () => one.renew(session, ttlMs),
      () => offer(one, asked("b"), session),
      () => one.inspect("report"),
      () => one.break("report"),
      () => one.release(asked()),
      () => one.close(session),
    ];
    for (const call of calls) await expect(ensemble.finish<unknown>(call())).rejects.toThrow(StoreUnavailableError);
  });

  it("P10: are lost with the session when it could not be renewed, and another may have them", async () => {
    const { ensemble, one, two } = await three();
    const session = await one.open("s", ttlMs);
    const own = await take(one, asked(), session);
    for (const server of [0, 2]) ensemble.way("one", server, "down");
    await expect(one.renew(session, ttlMs)).rejects.toThrow(StoreUnavailableError);
    const other = await two.open("t", ttlMs);
    expect(await offer(two, asked(), other)).toHaveProperty("held");
    await ensemble.clock.advance(session.until - ensemble.clock.monotonic());
    expect(await one.renew(session, ttlMs)).toBeUndefined();
    expect(await one.claim(own, session)).toBe(false);
    expect((await offer(two, asked(), other)) satisfies object).toHaveProperty("held");
    await ensemble.clock.advance(ttlMs * 0.01 + 2);
    await two.open("u", ttlMs);
    expect((await take(two, asked(), { id: "u", until: 0 })).fence).toBeGreaterThan(own.fence);
  });

  it("P10: end here before they end on servers whose clocks run a little fast", async () => {
    const ensemble = new LockEnsemble([1.009, 1.009, 1.009], longestMs);
    await ensemble.clock.advance(longestMs);
    const one = ensemble.connect("one");
    const session = await one.open("s", ttlMs);
    await take(one, asked(), session);
    await ensemble.clock.advance(session.until - ensemble.clock.monotonic());
    expect(await one.inspect("report")).toBeDefined();
  });

  it("P10: are not given to a second holder by a server that came back empty", async () => {
    const { ensemble, one, two } = await three();
    const [session, other] = [await one.open("s", ttlMs), await two.open("t", ttlMs)];
    ensemble.way("one", 2, "down");
    await take(one, asked(), session);
    // Servers 0 and 1 have it. Now 1 forgets, and 2 never knew.
    ensemble.restartEmpty(1);
    const second = await two.open("u", ttlMs);
    await expect(async () => {
      const outcome = await offer(two, asked(), second);
      if ("held" in outcome) throw new StoreUnavailableError("held");
    }).rejects.toThrow(StoreUnavailableError);
    expect(other.id).toBe("t");
  });

  it("are given again by a server that came back empty, after the longest lease", async () => {
    const { ensemble, one } = await three();
    ensemble.restartEmpty(1);
    ensemble.way("one", 0, "down");
    const session = await one.open("s", ttlMs);
    await expect(offer(one, asked(), session)).rejects.toThrow(StoreUnavailableError);
    await ensemble.clock.advance(longestMs);
    await take(one, asked(), await one.open("t", ttlMs));
  });

  it("are given to a server that lacks them with the next renewal, so that each may fail in its turn", async () => {
    const { ensemble, one } = await three();
    const session = await one.open("s", ttlMs);
    const own = await take(one, asked(), session);
    let kept = session;
    for (let round = 0; round < 6; round++) {
      ensemble.restartEmpty(round % 3);
      await ensemble.clock.advance(ttlMs / 3);
      kept = (await one.renew(kept, ttlMs))!;
      expect(kept).toBeDefined();
      const everywhere = await Promise.all([0, 1, 2].map((server) => ensemble.at(server).inspect("report")));
      expect(everywhere.map((held) => held?.holders.map(({ request }) => request))).toEqual(
        [0, 1, 2].map(() => [own.request]),
      );
    }
    expect(await one.claim(own, kept)).toBe(true);
  });

  it("are lost when a majority forgot them", async () => {
    const { ensemble, one } = await three();
    const session = await one.open("s", ttlMs);
    const own = await take(one, asked(), session);
    for (const server of [0, 1]) ensemble.restartEmpty(server);
    expect(await one.renew(session, ttlMs)).toBeUndefined();
    expect(await one.claim(own, session)).toBe(false);
  });

  it("P10: are not held where one majority has the session and another the claim", async () => {
    const { ensemble, one, two } = await three();
    ensemble.way("one", 2, "down");
    const session = await one.open("s", ttlMs);
    await take(one, asked(), session);
    ensemble.way("one", 2, "up");
    ensemble.way("one", 1, "down");
    let kept: LockSession | undefined = session;
    for (let round = 0; round < 3; round++) {
      await ensemble.clock.advance(ttlMs / 3);
      kept = (await one.renew(kept, ttlMs)) ?? kept;
    }
    // Server 2 was given the lock, so 0 and 2 have both.
    ensemble.way("two", 0, "down");
    const other = await two.open("t", ttlMs);
    expect(kept.until).toBeGreaterThan(ensemble.clock.monotonic());
    expect(await offer(two, asked(), other).catch((error: unknown) => ({ error }))).not.toHaveProperty("offer");
  });

  it("P10: end with the last majority that has them, though the session goes on elsewhere", async () => {
    const { ensemble, one } = await three();
    const session = await one.open("s", ttlMs);
    // Somebody else's claim, of whom the others know nothing, keeps the lock off server 2.
    const stray = await ensemble.at(2).open("x", ttlMs * 10);
    const options = { session: "x", claimMs: ttlMs, waits: false, others: false };
    await ensemble.at(2).claim(offeredLock(await ensemble.at(2).offer(asked(), options)), stray);
    await take(one, asked(), session);
    ensemble.way("one", 1, "down");
    await ensemble.clock.advance(ttlMs / 3);
    expect((await one.renew(session, ttlMs))!.until).toBe(session.until);
    ensemble.way("one", 1, "up");
    expect((await one.renew(session, ttlMs))!.until).toBeGreaterThan(session.until);
  });

  it("P10: are not had on the word of a server where the session ends before the holder thinks", async () => {
    const { ensemble, one } = await three();
    const session = await one.open("s", ttlMs);
    ensemble.way("one", 2, "down");
    await ensemble.clock.advance(ttlMs / 3);
    const renewed = (await one.renew(session, ttlMs))!;
    ensemble.way("one", 2, "up");
    const own = offeredLock(await offer(one, asked(), renewed));
    ensemble.way("one", 0, "down");
    await expect(one.claim(own, renewed)).rejects.toThrow(StoreUnavailableError);
    ensemble.way("one", 0, "up");
    expect(await one.claim(own, renewed)).toBe(true);
  });

  it("are given back by those that offered them when there is no majority", async () => {
    const { ensemble, one, two } = await three();
    const [session, other] = [await one.open("s", ttlMs), await two.open("t", ttlMs)];
    await ensemble.at(0).open("x", ttlMs);
    await ensemble.at(1).open("x", ttlMs);
    const options = { session: "x", claimMs: ttlMs, waits: false, others: false };
    for (const server of [0, 1]) await ensemble.at(server).offer(asked(), options);
    expect(await offer(one, asked(), session)).toHaveProperty("held");
    expect(await ensemble.at(2).inspect("report")).toBeUndefined();
    ensemble.way("two", 0, "down");
    ensemble.way("two", 1, "down");
    await expect(offer(two, asked("b"), other)).rejects.toThrow(StoreUnavailableError);
    expect(await ensemble.at(2).inspect("b")).toBeUndefined();
  });

  it("P10: stay claimed when their offer is repeated and finds no majority", async () => {
    const { ensemble, one, two } = await three();
    const session = await one.open("s", ttlMs);
    const request = asked();
    ensemble.way("one", 2, "down");
    await take(one, request, session);
    ensemble.way("two", 0, "down");
    await ensemble.at(2).open("s", ttlMs);
    await ensemble.clock.advance(1);
    await offer(two, request, session).catch(() => {});
    await ensemble.clock.advance(0);
    expect(await ensemble.at(1).inspect("report")).toMatchObject({ holders: [{ request: request.request }] });
    expect(await ensemble.at(2).inspect("report")).toBeUndefined();
    expect(await one.renew(session, ttlMs)).toBeDefined();
  });

  it("are shared under one fence, also by readers whom different servers answer", async () => {
    const { ensemble, one, two } = await three();
    const [session, other] = [await one.open("s", ttlMs), await two.open("t", ttlMs)];
    const first = await take(one, asked("report", "shared"), session);
    ensemble.way("two", 0, "down");
    const second = await take(two, asked("report", "shared"), other);
    expect(second.fence).toBe(first.fence);
  });
});

type Step =
  | { readonly do: "acquire"; readonly who: readonly number[] }
  | { readonly do: "release" | "renew" | "confirm"; readonly who: number }
  | { readonly do: "pass"; readonly ms: number }
  | { readonly do: "way"; readonly who: number; readonly server: number; readonly way: Way }
  | { readonly do: "restart"; readonly server: number };

function steps(servers: number): fc.Arbitrary<Step[]> {
  const who = fc.integer({ min: 0, max: 2 });
  const server = fc.integer({ min: 0, max: servers - 1 });
  const step = fc.oneof<fc.WeightedArbitrary<Step>[]>(
    { weight: 4, arbitrary: fc.record({ do: fc.constant("acquire"), who: fc.uniqueArray(who, { minLength: 1 }) }) },
    { weight: 4, arbitrary: fc.record({ do: fc.constantFrom("release", "renew", "renew", "confirm"), who }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant("pass"), ms: fc.integer({ min: 1, max: 6_000 }) }) },
    {
      weight: 4,
      arbitrary: fc.record({
        do: fc.constant("way"),
        who,
        server,
        way: fc.constantFrom<Way[]>("up", "up", "down", "deaf", "mute"),
      }),
    },
    { weight: 2, arbitrary: fc.record({ do: fc.constant("restart"), server }) },
  );
  return fc.array(step, { minLength: 1, maxLength: 60, size: "max" });
}

/** A process that takes one lock, keeps it and gives it back, as the runtime does. */
class Holder {
  readonly #locks: QuorumLockLeases;
  #session: LockSession | undefined;
  #own: ReturnType<typeof offeredLock> | undefined;

  constructor(locks: QuorumLockLeases) {
    this.#locks = locks;
  }

  /** The fence under which it holds the lock at this moment, as far as it knows. */
  fenceAt(now: number): number | undefined {
    return this.#session !== undefined && this.#session.until > now ? this.#own?.fence : undefined;
  }

  async acquire(now: () => number): Promise<void> {
    if (this.#own !== undefined) return;
    if (this.#session === undefined || this.#session.until <= now()) {
      this.#session = await this.#locks.open(unique("s"), ttlMs);
    }
    const outcome = await offer(this.#locks, asked(), this.#session);
    if ("offer" in outcome && (await this.#locks.claim(outcome.offer, this.#session))) this.#own = outcome.offer;
  }

  async release(): Promise<void> {
    const own = this.#own;
    this.#own = undefined;
    if (own !== undefined) await this.#locks.release(own);
  }

  async renew(): Promise<void> {
    if (this.#session === undefined) return;
    this.#session = await this.#locks.renew(this.#session, ttlMs);
    if (this.#session === undefined) this.#own = undefined;
  }

  async confirm(): Promise<void> {
    if (this.#own !== undefined && !(await this.#locks.claim(this.#own, this.#session!))) this.#own = undefined;
  }
}

describe.each([3, 5])("locks on %i servers, some of which fail", (servers) => {
  it("P10: have at most one holder at a time, and each a higher fence than the one before", {
    timeout: 120_000,
  }, async () => {
    let grants = 0;
    const rate = fc.double({ min: 0.991, max: 1.009, noNaN: true });
    const rates = fc.array(rate, { minLength: servers, maxLength: servers });
    await fc.assert(
      fc.asyncProperty(rates, steps(servers), async (each, script) => {
        const ensemble = new LockEnsemble(each, longestMs);
        await ensemble.clock.advance(longestMs * 1.1);
        const now = () => ensemble.clock.monotonic();
        const holders = ["a", "b", "c"].map((process) => new Holder(ensemble.connect(process)));
        const known = new Set<number>();
        const look = (): void => {
          const fences = holders.flatMap((holder) => holder.fenceAt(now()) ?? []);
          expect(fences.length).toBeLessThanOrEqual(1);
          for (const fence of fences) {
            if (known.has(fence)) continue;
            grants += 1;
            expect(fence).toBeGreaterThan(Math.max(0, ...known));
            known.add(fence);
          }
        };
        const run = async (work: Promise<unknown>): Promise<void> => {
          await ensemble.finish(
            work.catch((error: unknown) => {
              if (!(error instanceof StoreUnavailableError)) throw error;
            }),
          );
        };
        for (const step of script) {
          if (step.do === "acquire") await run(Promise.all(step.who.map((who) => holders[who]!.acquire(now))));
          else if (step.do === "pass") await ensemble.clock.advance(step.ms);
          else if (step.do === "way") ensemble.way("abc"[step.who]!, step.server, step.way);
          else if (step.do !== "restart") await run(holders[step.who]![step.do]());
          else if (ensemble.young < (servers - 1) / 2) ensemble.restartEmpty(step.server);
          look();
        }
      }),
      { numRuns: 150 },
    );
    // It must be able to fail.
    expect(grants).toBeGreaterThan(150);
  });
});
