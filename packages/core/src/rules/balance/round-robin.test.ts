import { describe, expect, it } from "vitest";
import type { PoolMember } from "./balancer.js";
import { RoundRobin } from "./round-robin.js";

const all = (...weights: number[]): PoolMember[] => weights.map((weight, index) => ({ id: "abcdef"[index]!, weight }));

function picks(balancer: RoundRobin, workers: readonly PoolMember[], count: number, random = 0): string {
  return Array.from({ length: count }, () => balancer.pick(workers, 0, () => random) ?? "-").join("");
}

describe("round robin", () => {
  it("takes one worker after the other", () => {
    expect(picks(new RoundRobin(), all(1, 1, 1), 7)).toBe("abcabca");
  });

  it("begins with any, so that many senders do not begin with the same", () => {
    expect(picks(new RoundRobin(), all(1, 1, 1), 3, 0.5)).toBe("bca");
    expect(picks(new RoundRobin(), all(1, 1, 1), 3, 0.999)).toBe("cab");
  });

  it("leaves out who is out, without a second turn for the one behind it", () => {
    expect(picks(new RoundRobin(), all(1, 0, 1, 1), 6)).toBe("acdacd");
  });

  it("goes on when workers come and go", () => {
    const balancer = new RoundRobin();
    expect(picks(balancer, all(1, 1, 1, 1), 3)).toBe("abc");
    expect(picks(balancer, all(1, 1), 4)).toBe("baba");
    expect(picks(balancer, all(1, 1, 1), 3)).toBe("bca");
  });
});
