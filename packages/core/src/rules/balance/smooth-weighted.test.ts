import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { PoolMember } from "./balancer.js";
import { SmoothWeighted } from "./smooth-weighted.js";

const all = (...weights: number[]): PoolMember[] => weights.map((weight, index) => ({ id: "abcdef"[index]!, weight }));

function picks(balancer: SmoothWeighted, workers: readonly PoolMember[], count: number): string {
  return Array.from({ length: count }, () => balancer.pick(workers) ?? "-").join("");
}

function countsIn(text: string): Record<string, number> {
  return Object.fromEntries(
    [...new Set(text)].map((id) => [id, Array.from(text).filter((other) => other === id).length]),
  );
}

describe("weighted round robin", () => {
  it("spreads the turns of a heavy worker, as nginx does", () => {
    expect(picks(new SmoothWeighted(), all(5, 1, 1), 7)).toBe("aabacaa");
    expect(picks(new SmoothWeighted(), all(1, 1, 1), 6)).toBe("abcabc");
  });

  it("gives each exactly its weight in every round, and never more than one turn too many or too few before", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 6 }), (weights) => {
        const workers = all(...weights);
        const sum = weights.reduce((total, weight) => total + weight, 0);
        const text = picks(new SmoothWeighted(), workers, 2 * sum);
        expect(countsIn(text)).toEqual(Object.fromEntries(workers.map(({ id, weight }) => [id, 2 * weight])));
        for (let length = 1; length <= sum; length++) {
          const counts = countsIn(text.slice(0, length));
          for (const { id, weight } of workers) {
            expect(Math.abs((counts[id] ?? 0) - (length * weight) / sum)).toBeLessThan(weights.length);
          }
        }
      }),
    );
  });

  it("follows weights that change", () => {
    const balancer = new SmoothWeighted();
    picks(balancer, all(9, 1), 5);
    expect(countsIn(picks(balancer, all(1, 3), 400))).toEqual({
      a: expect.closeTo(100, -1),
      b: expect.closeTo(300, -1),
    });
  });

  it("does not make up for the time that a worker was out", () => {
    const balancer = new SmoothWeighted();
    expect(picks(balancer, all(1, 0), 50)).toBe("a".repeat(50));
    expect(countsIn(picks(balancer, all(1, 1), 10))).toEqual({ a: 5, b: 5 });
  });
});
