import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { balancerOf } from "./balancer-of.js";

const step = fc.record({
  pause: fc.nat(2_000),
  members: fc.uniqueArray(fc.record({ id: fc.constantFrom("a", "b", "c", "d", "e"), weight: fc.nat(3) }), {
    selector: ({ id }) => id,
    maxLength: 5,
  }),
  ending: fc.constantFrom("ok", "failed", "lost", undefined),
  latencyMs: fc.option(fc.nat(5_000), { nil: undefined }),
  chance: fc.double({ min: 0, max: 0.999, noNaN: true }),
});

describe.each(["round-robin", "random", "weighted", "fastest"] as const)("%s", (strategy) => {
  it("picks one of those that are there and not out, whenever there is one", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const balancer = balancerOf(strategy);
        let now = 0;
        for (const { pause, members, ending, latencyMs, chance } of steps) {
          now += pause;
          const able = members.filter(({ weight }) => weight > 0).map(({ id }) => id);
          const picked = balancer.pick(members, now, () => chance);
          if (able.length === 0) expect(picked).toBeUndefined();
          else expect(able).toContain(picked);
          if (picked === undefined) continue;
          balancer.sent(picked, now);
          if (ending) balancer.ended(picked, latencyMs, ending, now);
        }
      }),
    );
  });

  it("goes on with those that answer when others are lost, and comes back to them", () => {
    const balancer = balancerOf(strategy);
    const members = Array.from("abcd", (id) => ({ id, weight: 1 }));
    const seen = new Map<string, number>();
    let chance = 0.5;
    const random = () => {
      chance = (chance * 997 + 0.123) % 1;
      return chance;
    };
    for (let now = 0; now < 60_000; now += 5) {
      const picked = balancer.pick(members, now, random)!;
      balancer.sent(picked, now);
      const isLost = picked === "d" && now < 5_000;
      balancer.ended(picked, 5, isLost ? "lost" : "ok", now);
      if (now >= 40_000 || (isLost && now > 1_000)) seen.set(picked, (seen.get(picked) ?? 0) + 1);
      if (now === 9_000) expect(seen.get("d") ?? 0).toBe(0);
    }
    expect([...seen.keys()].sort((a, b) => a.localeCompare(b))).toEqual(["a", "b", "c", "d"]);
    expect(seen.get("d")).toBeGreaterThan(600);
  });
});
