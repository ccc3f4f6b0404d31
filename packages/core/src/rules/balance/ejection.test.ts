import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { CallEnding, PoolMember } from "./balancer.js";
import { OutlierEjection } from "./ejection.js";
import { RoundRobin } from "./round-robin.js";

const all = (ids: string): PoolMember[] => Array.from(ids, (id) => ({ id, weight: 1 }));
const four = all("abcd");
const five = ["a", "b", "c", "d", "e"];

/** Of a pool of four. */
function fresh(): OutlierEjection {
  const balancer = new OutlierEjection(new RoundRobin());
  balancer.pick(four, 0, () => 0);
  return balancer;
}

/** Numerical Recipes' linear congruential generator: the same numbers each time. */
function seeded(): () => number {
  let state = 1;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

function end(balancer: OutlierEjection, worker: string, ending: CallEnding, now: number, times = 1): void {
  for (let call = 0; call < times; call++) {
    balancer.sent(worker, now);
    balancer.ended(worker, 10, ending, now);
  }
}

/** The part of 5,000 picks that each worker gets. */
function shares(balancer: OutlierEjection, workers: readonly PoolMember[], now: number): Record<string, number> {
  const random = seeded();
  const counts: Record<string, number> = {};
  for (let pick = 0; pick < 5_000; pick++) {
    const worker = balancer.pick(workers, now, random)!;
    counts[worker] = (counts[worker] ?? 0) + 1 / 5_000;
  }
  return counts;
}

const out = (balancer: OutlierEjection, now: number) => balancer.ejections(now).map(({ worker }) => worker);

function judge(balancer: OutlierEjection, now: number, workers = four): string[] {
  balancer.pick(workers, now, () => 0.999);
  return out(balancer, now);
}

describe("a worker of a pool is left out", () => {
  it("after 5 calls in a row that failed or were lost", () => {
    const balancer = fresh();
    end(balancer, "b", "failed", 0, 4);
    expect(judge(balancer, 0)).toEqual([]);
    end(balancer, "b", "lost", 0);
    expect(judge(balancer, 0)).toEqual(["b"]);
    expect(balancer.ejections(0)).toEqual([{ worker: "b", cause: "failures", until: 10_000 }]);
    expect(shares(balancer, four, 9_999).b).toBeUndefined();
  });

  it("not when answers come between the failures", () => {
    const balancer = fresh();
    for (let round = 0; round < 20; round++) {
      end(balancer, "b", "failed", 0, 4);
      end(balancer, "b", "ok", 0);
    }
    expect(judge(balancer, 0)).toEqual([]);
  });

  it("when it owes answers and gave none for a second", () => {
    const balancer = fresh();
    end(balancer, "a", "ok", 0);
    balancer.sent("b", 500);
    balancer.sent("b", 900);
    expect(judge(balancer, 1_499)).toEqual([]);
    expect(judge(balancer, 1_500)).toEqual(["b"]);
    expect(balancer.ejections(1_500)).toEqual([{ worker: "b", cause: "stall", until: 11_500 }]);
  });

  it("not while it answers some of its calls", () => {
    const balancer = fresh();
    balancer.sent("b", 0);
    for (let now = 0; now < 60_000; now += 900) {
      expect(judge(balancer, now)).toEqual([]);
      end(balancer, "b", "ok", now);
    }
  });

  it("not when it owes nothing, however long it gets no calls", () => {
    const balancer = fresh();
    end(balancer, "b", "ok", 0);
    expect(judge(balancer, 3_600_000)).toEqual([]);
  });

  it("later where calls usually take long: after ten times as long", () => {
    const balancer = fresh();
    balancer.sent("a", 0);
    balancer.ended("a", 3_000, "ok", 3_000);
    balancer.sent("b", 3_000);
    expect(judge(balancer, 32_999)).toEqual([]);
    expect(judge(balancer, 33_000)).toEqual(["b"]);
  });

  it("not before anybody has answered: then nobody knows what is long", () => {
    const balancer = fresh();
    balancer.sent("b", 0);
    expect(judge(balancer, 600_000)).toEqual([]);
  });

  it("twice as long each time, up to 5 minutes", () => {
    const balancer = fresh();
    const lengths: number[] = [];
    let now = 0;
    for (let time = 0; time < 8; time++) {
      end(balancer, "b", "failed", now, 5);
      judge(balancer, now);
      const { until } = balancer.ejections(now)[0]!;
      lengths.push((until - now) / 1_000);
      now = until;
      judge(balancer, now);
    }
    expect(lengths).toEqual([10, 20, 40, 80, 160, 300, 300, 300]);
  });

  it("as short as at first after a good time", () => {
    const balancer = fresh();
    end(balancer, "b", "failed", 0, 5);
    judge(balancer, 0);
    judge(balancer, 10_000);
    end(balancer, "b", "failed", 20_000, 5);
    judge(balancer, 20_000);
    expect(balancer.ejections(20_000)[0]!.until).toBe(30_000);
  });

  it("never the last one, and never more than half", () => {
    const balancer = fresh();
    for (const { id } of four) end(balancer, id, "lost", 0, 5);
    expect(judge(balancer, 0)).toHaveLength(2);
    expect(judge(balancer, 0, all("a"))).toEqual([]);
    expect(balancer.pick(all("a"), 0, () => 0)).toBe("a");
  });

  it("unless all the others get nothing anyway", () => {
    const balancer = fresh();
    end(balancer, "a", "lost", 0, 5);
    const members = four.map(({ id }) => ({ id, weight: id === "a" ? 1 : 0 }));
    expect(judge(balancer, 0)).toEqual(["a"]);
    expect(balancer.pick(members, 0, () => 0)).toBe("a");
  });

  it("and comes back early when too few others are left", () => {
    const balancer = fresh();
    end(balancer, "a", "lost", 0, 5);
    judge(balancer, 0);
    end(balancer, "b", "lost", 4_000, 5);
    expect(judge(balancer, 4_000)).toEqual(["a", "b"]);
    expect(judge(balancer, 5_000, all("abc"))).toEqual(["b"]);
  });
});

describe("a worker that comes back", () => {
  function back(): OutlierEjection {
    const balancer = fresh();
    end(balancer, "b", "failed", 0, 5);
    judge(balancer, 0);
    judge(balancer, 10_000);
    return balancer;
  }

  it("gets a tenth of its share, and all of it after ten seconds", () => {
    const of = (now: number) => shares(back(), four, now).b!;
    expect(of(10_000)).toBeCloseTo(0.1 / 3.1, 2);
    expect(of(15_000)).toBeCloseTo(0.55 / 3.55, 2);
    expect(of(20_000)).toBeCloseTo(0.25, 2);
  });

  it("is judged by what it gets from then on", () => {
    const balancer = fresh();
    end(balancer, "a", "ok", 0);
    balancer.sent("b", 0);
    expect(judge(balancer, 1_000)).toEqual(["b"]);
    expect(judge(balancer, 11_000)).toEqual([]);
    expect(judge(balancer, 60_000)).toEqual([]);
    balancer.sent("b", 60_000);
    expect(judge(balancer, 61_000)).toEqual(["b"]);
  });

  it("gets calls at once when all others are out or on their way back, too", () => {
    const balancer = fresh();
    for (const id of ["a", "b"]) end(balancer, id, "lost", 0, 5);
    judge(balancer, 0);
    judge(balancer, 10_000);
    expect(["a", "b"]).toContain(balancer.pick(all("ab"), 10_000, () => 0.999));
  });

  it("is a new one when it had left the pool meanwhile", () => {
    const balancer = fresh();
    end(balancer, "b", "lost", 0, 5);
    judge(balancer, 0);
    judge(balancer, 1, all("acd"));
    expect(judge(balancer, 2)).toEqual([]);
    expect(shares(balancer, four, 2).b).toBeCloseTo(0.25, 2);
  });
});

it("whatever happens, somebody is picked, nobody who is out, and at most half are out", () => {
  const step = fc.record({
    pause: fc.nat(4_000),
    members: fc.uniqueArray(fc.constantFrom(...five), { minLength: 1, maxLength: 5 }),
    worker: fc.constantFrom(...five),
    what: fc.constantFrom("sent", "ok", "failed", "lost", "burst"),
    chance: fc.double({ min: 0, max: 0.999, noNaN: true }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const balancer = fresh();
      let now = 0;
      for (const { pause, members, worker, what, chance } of steps) {
        now += pause;
        if (what === "burst") end(balancer, worker, "lost", now, 5);
        else if (what === "sent") balancer.sent(worker, now);
        else balancer.ended(worker, 10, what, now);
        const picked = balancer.pick(all(members.join("")), now, () => chance);
        const ejected = out(balancer, now).filter((id) => members.includes(id));
        expect(members).toContain(picked);
        expect(ejected).not.toContain(picked);
        expect(ejected.length).toBeLessThanOrEqual(members.length / 2);
      }
    }),
  );
});
