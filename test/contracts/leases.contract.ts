import type { Acquired, Lease, Leases } from "@actor-runtime/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { unique } from "./samples.js";

export interface LeasesUnderTest {
  readonly port: Leases;
  /** Another process's connection to the same store. */
  readonly other: Leases;
  /** A time to live that `pass` can outlast. Where a call must come within it, it is tripled: real stores may be slow. */
  readonly ttlMs: number;
  /** The monotonic clock of the process that `port` belongs to. */
  monotonic(): number;
  /** Lets time pass, at least this long. */
  pass(ms: number): Promise<void>;
  dispose(): Promise<void>;
}

const longTtlMs = 600_000;

export function granted(acquired: Acquired): Lease {
  if (!("lease" in acquired)) throw new Error(`held by ${acquired.heldBy} for ${acquired.remainingMs} ms`);
  return acquired.lease;
}

/** What every kind of lease does, whatever keeps it. */
export function leasesContract(name: string, make: () => Promise<LeasesUnderTest>): void {
  describe(`${name}: leases`, () => {
    let under: LeasesUnderTest;
    let leases: Leases;
    let other: Leases;
    let ttlMs: number;
    let leaseName: string;

    beforeEach(async () => {
      under = await make();
      ({ port: leases, other, ttlMs } = under);
      leaseName = `${unique("Account")}:g1:00`;
    });

    afterEach(() => under.dispose());

    describe("taking", () => {
      it("grants a free lease until its time is up, by the caller's clock", async () => {
        const before = under.monotonic();
        const lease = granted(await leases.acquire(leaseName, "a", longTtlMs));
        expect(lease).toMatchObject({ name: leaseName, holder: "a" });
        expect(lease.until).toBeGreaterThanOrEqual(before + longTtlMs);
        expect(lease.until).toBeLessThanOrEqual(under.monotonic() + longTtlMs);
        expect(Number.isSafeInteger(lease.fence)).toBe(true);
        expect(lease.fence).toBeGreaterThan(0);
        expect(lease.nonce).not.toBe("");
      });

      it("refuses a lease that another holds, and says who and for how long", async () => {
        await leases.acquire(leaseName, "a", longTtlMs);
        const refused = await other.acquire(leaseName, "b", longTtlMs);
        expect(refused).toEqual({ heldBy: "a", remainingMs: expect.any(Number) });
        const { remainingMs } = refused as { remainingMs: number };
        expect(remainingMs).toBeGreaterThan(0);
        expect(remainingMs).toBeLessThanOrEqual(longTtlMs);
      });

      it("P10: grants a lease to one of many who want it at once", async () => {
        const wanting = Array.from({ length: 10 }, (_, index) => (index % 2 === 0 ? leases : other));
        const answers = await Promise.all(
          wanting.map((port, index) => port.acquire(leaseName, `worker-${index}`, longTtlMs)),
        );
        expect(answers.filter((answer) => "lease" in answer)).toHaveLength(1);
      });

      it("P10: raises the fence from holder to holder, also after the lease was given back", async () => {
        const first = granted(await leases.acquire(leaseName, "a", longTtlMs));
        await leases.release(first);
        const second = granted(await other.acquire(leaseName, "b", ttlMs));
        expect(second.fence).toBeGreaterThan(first.fence);
        await under.pass(ttlMs * 1.5);
        const third = granted(await leases.acquire(leaseName, "a", longTtlMs));
        expect(third.fence).toBeGreaterThan(second.fence);
      });

      it("gives the same holder a new fence and makes its earlier grant void", async () => {
        const first = granted(await leases.acquire(leaseName, "a", longTtlMs));
        const second = granted(await leases.acquire(leaseName, "a", longTtlMs));
        expect(second.fence).toBeGreaterThan(first.fence);
        expect(second.nonce).not.toBe(first.nonce);
        const [old, current] = await leases.renew([{ lease: first }, { lease: second }], longTtlMs);
        expect(old).toEqual({ lost: "expired" });
        expect(current).toHaveProperty("lease");
      });
    });

    describe("renewing", () => {
      it("prolongs a lease past its first end", async () => {
        const lease = granted(await leases.acquire(leaseName, "a", 3 * ttlMs));
        const [renewed] = await leases.renew([{ lease }], longTtlMs);
        await under.pass(3 * ttlMs * 1.5);
        expect(await other.acquire(leaseName, "b", ttlMs)).toMatchObject({ heldBy: "a" });
        expect(renewed).toMatchObject({
          lease: { name: leaseName, holder: "a", fence: lease.fence, nonce: lease.nonce },
        });
        expect((renewed as { lease: Lease }).lease.until).toBeGreaterThan(lease.until);
      });

      it("never renews a lease that has run out, even if nobody else took it", async () => {
        const lease = granted(await leases.acquire(leaseName, "a", ttlMs));
        await under.pass(ttlMs * 1.5);
        expect(await leases.renew([{ lease }], ttlMs)).toEqual([{ lost: "expired" }]);
        expect(await leases.inspect(leaseName)).toBeUndefined();
      });

      it("answers many in one call, each on its own and in the same order", async () => {
        const [held, expired, taken, rewound] = ["held", "expired", "taken", "rewound"].map((text) => unique(text));
        const expiring = granted(await leases.acquire(expired!, "a", ttlMs));
        const losing = granted(await leases.acquire(taken!, "a", ttlMs));
        await under.pass(ttlMs * 1.5);
        await other.acquire(taken!, "b", longTtlMs);
        const holding = granted(await leases.acquire(held!, "a", longTtlMs));
        const claiming = granted(await leases.acquire(rewound!, "a", longTtlMs));

        const answers = await leases.renew(
          [{ lease: expiring }, { lease: holding, seq: 0 }, { lease: losing }, { lease: claiming, seq: 5 }],
          longTtlMs,
        );
        expect(answers).toEqual([
          { lost: "expired" },
          { lease: { ...holding, until: expect.any(Number) } },
          { lost: "expired" },
          { lost: "rewound" },
        ]);
        expect(await other.inspect(taken!)).toMatchObject({ holder: "b" });
      });

      it("says that the store went back when it never heard of the grant", async () => {
        const lease = granted(await leases.acquire(leaseName, "a", longTtlMs));
        const unheardOf = { ...lease, fence: lease.fence + 1_000_000 };
        expect(await leases.renew([{ lease: unheardOf }], longTtlMs)).toEqual([{ lost: "rewound" }]);
        expect(await leases.renew([{ lease: { ...lease, name: unique("never") } }], longTtlMs)).toEqual([
          { lost: "rewound" },
        ]);
      });

      it("renews nothing when asked for nothing", async () => {
        expect(await leases.renew([], longTtlMs)).toEqual([]);
      });
    });

    describe("giving back", () => {
      it("frees the lease at once", async () => {
        const lease = granted(await leases.acquire(leaseName, "a", longTtlMs));
        await leases.release(lease);
        expect(await leases.inspect(leaseName)).toBeUndefined();
        expect(await leases.renew([{ lease }], longTtlMs)).toEqual([{ lost: "expired" }]);
        expect(await other.acquire(leaseName, "b", longTtlMs)).toHaveProperty("lease");
      });

      it("leaves the lease of a later holder alone", async () => {
        const first = granted(await leases.acquire(leaseName, "a", ttlMs));
        await under.pass(ttlMs * 1.5);
        const second = granted(await other.acquire(leaseName, "b", longTtlMs));
        await leases.release(first);
        expect(await leases.inspect(leaseName)).toMatchObject({ holder: "b", fence: second.fence });
      });
    });

    describe("looking", () => {
      it("says who holds it, with which fence and for how long", async () => {
        const lease = granted(await leases.acquire(leaseName, "a", longTtlMs));
        const seen = await other.inspect(leaseName);
        expect(seen).toEqual({ holder: "a", fence: lease.fence, remainingMs: expect.any(Number) });
        expect(seen!.remainingMs).toBeGreaterThan(0);
        expect(seen!.remainingMs).toBeLessThanOrEqual(longTtlMs);
      });

      it("sees nobody before anyone took it and after it ran out", async () => {
        expect(await leases.inspect(leaseName)).toBeUndefined();
        await leases.acquire(leaseName, "a", ttlMs);
        await under.pass(ttlMs * 1.5);
        expect(await leases.inspect(leaseName)).toBeUndefined();
      });
    });
  });
}
