import type {
  HeldLock,
  LockLeases,
  LockMode,
  LockOffer,
  LockRequest,
  LockSession,
  OfferOutcome,
} from "@actor-runtime/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { collect, eventually, unique } from "./samples.js";

export interface LockLeasesUnderTest {
  readonly port: LockLeases;
  /** Another process's connection to the same store. */
  readonly other: LockLeases;
  /** A time that `pass` can outlast. Where calls must come within it, it is tripled: real stores may be slow. */
  readonly ttlMs: number;
  /** The monotonic clock of the process that `port` belongs to. */
  monotonic(): number;
  /** Lets time pass, at least this long. */
  pass(ms: number): Promise<void>;
  /** The store loses everything that was ever written to it. */
  forget?(): Promise<void>;
  dispose(): Promise<void>;
}

const longMs = 600_000;

export function offeredLock(answer: OfferOutcome): LockOffer {
  if (!("offer" in answer)) throw new Error(`not offered: ${JSON.stringify(answer)}`);
  return answer.offer;
}

/** What every store of locks does, whatever keeps it. */
export function lockLeasesContract(store: string, make: () => Promise<LockLeasesUnderTest>): void {
  describe(`${store}: locks`, () => {
    let under: LockLeasesUnderTest;
    let locks: LockLeases;
    let other: LockLeases;
    let ttlMs: number;
    let name: string;
    /** Of those who do nothing else. */
    let anybody: string;

    beforeEach(async () => {
      under = await make();
      ({ port: locks, other, ttlMs } = under);
      name = unique("report");
      anybody = unique("session");
      await locks.open(anybody, longMs);
    });

    afterEach(() => under.dispose());

    const asked = (mode: LockMode = "exclusive", lock = name): LockRequest => ({
      name: lock,
      request: unique("worker/1"),
      mode,
    });
    const open = (by = locks, ms = longMs): Promise<LockSession> => by.open(unique("session"), ms);
    const offer = (
      request: LockRequest,
      { by = locks, session = anybody, claimMs = longMs, waits = false, others = false } = {},
    ) => by.offer(request, { session, claimMs, waits, others });
    async function granted(request: LockRequest, options?: Parameters<typeof offer>[1]): Promise<LockOffer> {
      return offeredLock(await offer(request, options));
    }
    async function taken(request: LockRequest, session: LockSession, by = locks): Promise<LockOffer> {
      const own = await granted(request, { by });
      expect(await by.claim(own, session)).toBe(true);
      return own;
    }
    const isHeld = (answer: OfferOutcome): boolean => "held" in answer;
    const requestsOf = (held: HeldLock | undefined) => held?.holders.map(({ request }) => request);

    describe("a session", () => {
      it("lasts for its time, by the caller's clock", async () => {
        const before = under.monotonic();
        const session = await locks.open("s-1", longMs);
        expect(session.id).toBe("s-1");
        expect(session.until).toBeGreaterThan(before + longMs * 0.98);
        expect(session.until).toBeLessThanOrEqual(under.monotonic() + longMs);
      });

      it("may be opened again when its answer was lost", async () => {
        const id = unique("session");
        await locks.open(id, longMs);
        await taken(asked(), await locks.open(id, longMs));
      });

      it("is renewed past its first end, with everything it claimed", async () => {
        const session = await open(locks, 3 * ttlMs);
        const requests = [asked(), asked("exclusive", unique("b")), asked("shared", unique("c"))];
        for (const request of requests) await taken(request, session);
        const before = under.monotonic();
        const renewed = await locks.renew(session, longMs);
        expect(renewed!.id).toBe(session.id);
        expect(renewed!.until).toBeGreaterThan(before + longMs * 0.98);
        expect(renewed!.until).toBeLessThanOrEqual(under.monotonic() + longMs);
        await under.pass(3 * ttlMs * 1.5);
        for (const request of requests) {
          expect(requestsOf(await other.inspect(request.name))).toEqual([request.request]);
        }
      });

      it("P10: that ran out never comes back, and all it claimed is free at once", async () => {
        const session = await open(locks, 3 * ttlMs);
        const requests = [asked(), asked("exclusive", unique("b")), asked("shared", unique("c"))];
        for (const request of requests) await taken(request, session);
        await under.pass(3 * ttlMs * 1.5);
        expect(await locks.renew(session, longMs)).toBeUndefined();
        expect(await locks.renew(session, longMs)).toBeUndefined();
        for (const request of requests) {
          expect(await other.inspect(request.name)).toBeUndefined();
          await granted({ ...asked(), name: request.name }, { by: other });
        }
        expect(await locks.claim(await granted(asked("exclusive", unique("d"))), session)).toBe(false);
      });

      it("that was closed never comes back, and all it claimed is free at once", async () => {
        const session = await open();
        await taken(asked(), session);
        await locks.close(session);
        await locks.close(session);
        expect(await other.inspect(name)).toBeUndefined();
        expect(await locks.renew(session, longMs)).toBeUndefined();
        const next = await granted(asked(), { by: other });
        expect(await locks.claim(next, session)).toBe(false);
      });

      it("that was never opened claims nothing and is not renewed", async () => {
        const never = { id: unique("never"), until: Number.POSITIVE_INFINITY };
        expect(await locks.claim(await granted(asked()), never)).toBe(false);
        expect(await locks.renew(never, longMs)).toBeUndefined();
        await locks.close(never);
      });
    });

    describe("an offer", () => {
      it("of a free lock names what was asked for, and a fence", async () => {
        const request = asked();
        const own = await granted(request);
        expect(own).toEqual({ ...request, fence: expect.any(Number) });
        expect(Number.isSafeInteger(own.fence)).toBe(true);
        expect(own.fence).toBeGreaterThan(0);
      });

      it("keeps the lock from others, who hear who has it and for how long", async () => {
        const own = await granted(asked());
        const answer = await offer(asked(), { by: other });
        expect(answer).toEqual({
          held: {
            name,
            mode: "exclusive",
            fence: own.fence,
            holders: [
              {
                request: own.request,
                claimed: false,
                remainingMs: expect.any(Number),
                heldMs: expect.any(Number),
              },
            ],
          },
        });
        const [holder] = (answer as { held: HeldLock }).held.holders;
        expect(holder!.remainingMs).toBeGreaterThan(0);
        expect(holder!.remainingMs).toBeLessThanOrEqual(longMs);
        expect(holder!.heldMs).toBeGreaterThanOrEqual(0);
      });

      it("is the same again for the same request, also once it is claimed", async () => {
        const request = asked();
        const own = await granted(request);
        expect(await granted(request, { by: other })).toEqual(own);
        expect(await locks.claim(own, await open())).toBe(true);
        expect(await granted(request, { by: other })).toEqual(own);
        const [holder] = (await other.inspect(name))!.holders;
        expect(holder).toMatchObject({ claimed: true });
      });

      it("that is asked for again has its time anew", async () => {
        const request = asked();
        const own = await granted(request, { claimMs: 3 * ttlMs });
        await granted(request);
        await under.pass(3 * ttlMs * 1.5);
        expect(await locks.claim(own, await open())).toBe(true);
      });

      it("runs out unclaimed, and is too late to be claimed then", async () => {
        const own = await granted(asked(), { claimMs: ttlMs });
        await under.pass(ttlMs * 1.5);
        expect(await other.inspect(name)).toBeUndefined();
        expect(await locks.claim(own, await open())).toBe(false);
        const next = await granted(asked(), { by: other });
        expect(next.fence).toBeGreaterThan(own.fence);
        expect(await locks.claim(own, await open())).toBe(false);
      });

      it("is not made for a session that has ended, or never was", async () => {
        const session = await open(locks, 3 * ttlMs);
        await granted(asked("shared"), { session: session.id });
        await under.pass(3 * ttlMs * 1.5);
        expect(await offer(asked("shared"), { session: session.id })).toEqual({ over: true });
        expect(await offer(asked("exclusive", unique("b")), { session: unique("never") })).toEqual({ over: true });
        await locks.close({ id: anybody, until: 0 });
        expect(await offer(asked("exclusive", unique("c")), { by: other })).toEqual({ over: true });
      });

      it("P10: is made to no more than one of many who ask at once", async () => {
        const answers = await Promise.all(
          Array.from({ length: 10 }, (_, index) => offer(asked(), { by: index % 2 === 0 ? locks : other })),
        );
        expect(answers.filter((answer) => "offer" in answer).length).toBeLessThanOrEqual(1);
        expect((await locks.inspect(name))?.holders.length ?? 0).toBeLessThanOrEqual(1);
      });

      it("keeps names apart, whatever characters they hold", async () => {
        const names = ["report:2026", "a b/c", "{braces}", "*?[glob]", "ключ-鍵-🔑", "a\nb", " "].map(
          (text) => `${unique("lock")} ${text}`,
        );
        const offers = [];
        for (const text of names) offers.push(await granted(asked("exclusive", text)));
        for (const [index, text] of names.entries()) {
          expect(requestsOf(await other.inspect(text))).toEqual([offers[index]!.request]);
        }
      });

      it("keeps requests and sessions apart, whatever characters they hold", async () => {
        const session = await locks.open(`${unique("s")} {b} 0 🔑`, longMs);
        const request = { name, request: `${unique("w")}/1 {b} 0 🔑/`, mode: "exclusive" } as const;
        await taken(request, session);
        expect(requestsOf(await other.inspect(name))).toEqual([request.request]);
        expect(await locks.claim(await granted(request), await locks.open(session.id, longMs))).toBe(true);
      });
    });

    describe("P10: a fence", () => {
      it("rises from holder to holder, after a release, a lapse, a break and the end of a session", async () => {
        const fences = [];
        const first = await granted(asked());
        fences.push(first.fence);
        await locks.release(first);
        fences.push((await granted(asked(), { by: other, claimMs: ttlMs })).fence);
        await under.pass(ttlMs * 1.5);
        fences.push((await granted(asked())).fence);
        await other.break(name);
        const session = await open(other);
        fences.push((await taken(asked(), session, other)).fence);
        await other.close(session);
        fences.push((await granted(asked())).fence);
        expect(fences).toEqual([...new Set(fences)].sort((a, b) => a - b));
      });

      it("rises over all locks, in the order they were given", async () => {
        const fences = [];
        for (let index = 0; index < 20; index++) {
          const by = index % 2 === 0 ? locks : other;
          const own = await granted(asked("exclusive", unique("lock")), { by });
          fences.push(own.fence);
          if (index % 3 === 0) await by.release(own);
        }
        expect(fences).toEqual([...new Set(fences)].sort((a, b) => a - b));
      });

      it("is not below what the caller asks for, nor are later ones", async () => {
        const { fence } = await granted(asked());
        const leastFence = fence + 1_000_000_000;
        const options = { session: anybody, claimMs: longMs, waits: false, others: false, leastFence };
        expect(offeredLock(await locks.offer(asked("exclusive", unique("b")), options)).fence).toBe(leastFence);
        expect((await granted(asked("exclusive", unique("c")), { by: other })).fence).toBeGreaterThan(leastFence);
      });

      it("rises also when the store has lost everything", async () => {
        if (under.forget === undefined) return;
        const session = await open();
        const before = await taken(asked(), session);
        await under.pass(2);
        await under.forget();
        expect(await locks.claim(before, session)).toBe(false);
        expect(await locks.renew(session, longMs)).toBeUndefined();
        anybody = (await open(other)).id;
        expect((await granted(asked(), { by: other })).fence).toBeGreaterThan(before.fence);
      });
    });

    describe("a claim", () => {
      it("keeps the lock for as long as its session lasts", async () => {
        const session = await open();
        const own = await granted(asked(), { claimMs: 3 * ttlMs });
        expect(await locks.claim(own, session)).toBe(true);
        await under.pass(3 * ttlMs * 1.5);
        const held = (await other.inspect(name))!;
        expect(held.holders).toMatchObject([{ request: own.request, claimed: true }]);
        expect(held.holders[0]!.remainingMs).toBeLessThanOrEqual(longMs);
        expect(held.holders[0]!.heldMs).toBeGreaterThanOrEqual(3 * ttlMs);
        expect(isHeld(await offer(asked(), { by: other }))).toBe(true);
      });

      it("may be repeated", async () => {
        const session = await open();
        const own = await taken(asked(), session);
        expect(await locks.claim(own, session)).toBe(true);
        expect(requestsOf(await locks.inspect(name))).toEqual([own.request]);
      });

      it("P10: of what another session claimed is refused", async () => {
        const own = await taken(asked(), await open());
        expect(await other.claim(own, await open(other))).toBe(false);
      });

      it("of what was never offered, or was given up, is refused", async () => {
        const session = await open();
        expect(await locks.claim({ ...asked(), fence: 1 }, session)).toBe(false);
        const own = await granted(asked());
        await locks.release(own);
        expect(await locks.claim(own, session)).toBe(false);
      });
    });

    describe("readers", () => {
      it("hold a lock together under one fence, in the order they came", async () => {
        const session = await open();
        const first = await taken(asked("shared"), session);
        const second = await granted(asked("shared"), { by: other });
        const third = await granted(asked("shared"), { by: other });
        expect([second.fence, third.fence]).toEqual([first.fence, first.fence]);
        const held = await locks.inspect(name);
        expect(held).toMatchObject({ mode: "shared", fence: first.fence });
        expect(requestsOf(held)).toEqual([first.request, second.request, third.request]);
        expect(held!.holders.map(({ claimed }) => claimed)).toEqual([true, false, false]);
      });

      it("P10: keep writers out until the last of them is gone", async () => {
        const one = await granted(asked("shared"));
        const two = await granted(asked("shared"), { by: other });
        expect(isHeld(await offer(asked(), { by: other }))).toBe(true);
        await locks.release(one);
        expect(isHeld(await offer(asked(), { by: other }))).toBe(true);
        expect(requestsOf(await locks.inspect(name))).toEqual([two.request]);
        await other.release(two);
        const writer = await granted(asked(), { by: other });
        expect(writer.fence).toBeGreaterThan(one.fence);
        expect(isHeld(await offer(asked("shared")))).toBe(true);
      });

      it("go one by one: one whose time is over leaves the others alone", async () => {
        const stays = await taken(asked("shared"), await open());
        await taken(asked("shared"), await open(other, 3 * ttlMs), other);
        await granted(asked("shared"), { claimMs: ttlMs });
        await under.pass(3 * ttlMs * 1.5);
        expect(requestsOf(await other.inspect(name))).toEqual([stays.request]);
        expect((await granted(asked("shared"), { by: other })).fence).toBe(stays.fence);
      });
    });

    describe("giving up", () => {
      it("frees what was offered and what was claimed, at once", async () => {
        const own = await granted(asked());
        expect(await locks.release(own)).toEqual({ wanted: false });
        const next = await taken(asked(), await open(other), other);
        expect(await other.release(next)).toEqual({ wanted: false });
        expect(await locks.inspect(name)).toBeUndefined();
      });

      it("takes back an offer alone where it is told so, and leaves what is claimed by now", async () => {
        const own = await granted(asked());
        const claimed = await taken(asked("exclusive", unique("b")), await open());
        expect(await locks.release(claimed, "offered")).toEqual({ wanted: false });
        expect(requestsOf(await locks.inspect(claimed.name))).toEqual([claimed.request]);
        await locks.release(own, "offered");
        expect(await locks.inspect(name)).toBeUndefined();
      });

      it("may be repeated, and leaves a later holder alone", async () => {
        const own = await granted(asked());
        await locks.release(own);
        const next = await granted(asked(), { by: other });
        expect(await locks.release(own)).toEqual({ wanted: false });
        expect(requestsOf(await locks.inspect(name))).toEqual([next.request]);
      });

      it("says whether somebody waits, once the lock is free", async () => {
        const own = await granted(asked());
        expect(isHeld(await offer(asked(), { by: other, waits: true }))).toBe(true);
        expect(await locks.release(own)).toEqual({ wanted: true });
        expect(await locks.release(own)).toEqual({ wanted: false });
        const second = await granted(asked(), { others: true });
        expect(await locks.release(second)).toEqual({ wanted: true });
        const third = await granted(asked(), { waits: true });
        expect(await locks.release(third)).toEqual({ wanted: false });
        const fourth = await granted(asked());
        await offer(asked(), { by: other, others: true });
        expect(await locks.release(fourth)).toEqual({ wanted: false });
      });

      it("says so to the last reader only", async () => {
        const one = await granted(asked("shared"));
        const two = await granted(asked("shared"));
        await offer(asked(), { by: other, waits: true });
        expect(await locks.release(two)).toEqual({ wanted: false });
        expect(await locks.release(one)).toEqual({ wanted: true });
      });
    });

    describe("breaking", () => {
      it("takes the lock from all its holders, and tells who they were", async () => {
        const session = await open();
        const one = await taken(asked("shared"), session);
        const two = await granted(asked("shared"));
        const before = await locks.inspect(name);
        const broken = await other.break(name);
        expect(broken).toMatchObject({ name, mode: "shared", fence: one.fence });
        expect(requestsOf(broken)).toEqual(requestsOf(before));
        expect(await locks.inspect(name)).toBeUndefined();
        expect(await locks.claim(one, session)).toBe(false);
        expect(await locks.claim(two, session)).toBe(false);
        expect((await granted(asked(), { by: other })).fence).toBeGreaterThan(one.fence);
      });

      it("of a lock that nobody holds does nothing, and says so", async () => {
        expect(await locks.break(name)).toBeUndefined();
      });

      it("is heard of by those who watch, until they stop", async () => {
        const heard: (string | undefined)[] = [];
        const late: (string | undefined)[] = [];
        const stop = locks.watch((broken) => heard.push(broken));
        const names = new Set<string>();
        // A hint may be missing: who has just begun to listen may not be heard of yet.
        await eventually(async () => {
          const held = await granted(asked("exclusive", unique("broken: {x} 🔑")));
          names.add(held.name);
          await other.break(held.name);
          if (!heard.some((broken) => names.has(broken!))) throw new Error("nothing heard");
        });
        expect(heard.filter((broken) => broken !== undefined && !names.has(broken))).toEqual([]);
        stop();
        const already = heard.length;
        locks.watch((broken) => late.push(broken));
        await eventually(async () => {
          const held = await granted(asked());
          await other.break(held.name);
          if (!late.includes(name)) throw new Error("nothing heard");
        });
        expect(heard).toHaveLength(already);
      });
    });

    describe("looking", () => {
      it("sees nobody before anyone was offered it, and after it was given up", async () => {
        expect(await locks.inspect(name)).toBeUndefined();
        const own = await granted(asked());
        await locks.release(own);
        expect(await locks.inspect(name)).toBeUndefined();
      });

      it("lists the locks that are held and begin so, once each", async () => {
        const start = `${unique("list")}*[`;
        const session = await open();
        const held = new Set<string>();
        for (let index = 0; index < 300; index++) {
          const request = asked(index % 2 === 0 ? "shared" : "exclusive", `${start}${index}`);
          held.add(request.name);
          if (index % 3 === 0) await taken(request, session);
          else await granted(request);
        }
        const gone = await granted(asked("exclusive", `${start}gone`));
        await locks.release(gone);
        await granted(asked("exclusive", `${start}lapsed`), { claimMs: ttlMs / 10 });
        await granted(asked("exclusive", `not ${start}`));
        await under.pass(ttlMs);
        const listed = await collect(other.list(start));
        expect(listed.map((lock) => lock.name).sort()).toEqual([...held].sort());
        expect(listed[0]).toEqual(await locks.inspect(listed[0]!.name).then(sinceThen(listed[0]!)));
        expect((await collect(locks.list(""))).length).toBeGreaterThanOrEqual(301);
        expect(await collect(locks.list(`${start}none`))).toEqual([]);
      });
    });
  });
}

/** The same, but for the time that has passed. */
function sinceThen(listed: HeldLock): (now: HeldLock | undefined) => HeldLock {
  return (now) => ({
    ...now!,
    holders: now!.holders.map((holder, index) => {
      const { remainingMs, heldMs } = listed.holders[index]!;
      expect(holder.remainingMs).toBeLessThanOrEqual(remainingMs);
      expect(holder.heldMs).toBeGreaterThanOrEqual(heldMs);
      return { ...holder, remainingMs, heldMs };
    }),
  });
}
