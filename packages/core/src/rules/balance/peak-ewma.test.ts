import { describe, expect, it } from "vitest";
import { PeakEwma } from "./peak-ewma.js";

const both = [
  { id: "a", weight: 1 },
  { id: "b", weight: 1 },
];

const three = [...both, { id: "c", weight: 1 }];

/** Compares a with b, in this order. */
const pick = (balancer: PeakEwma, now: number) => balancer.pick(both, now, () => 0);

function fresh(workers = both): PeakEwma {
  const balancer = new PeakEwma();
  balancer.pick(workers, 0, () => 0);
  return balancer;
}

function called(balancer: PeakEwma, worker: string, latencyMs: number, now: number, times = 1): void {
  for (let call = 0; call < times; call++) {
    balancer.sent(worker);
    balancer.ended(worker, latencyMs, "ok", now);
  }
}

describe("the fastest worker", () => {
  it("is the one of lower latency", () => {
    const balancer = fresh();
    called(balancer, "a", 20, 0);
    called(balancer, "b", 10, 0);
    expect(pick(balancer, 0)).toBe("b");
  });

  it("is another one once more calls are outstanding there than it is faster", () => {
    const balancer = fresh();
    called(balancer, "a", 35, 0);
    called(balancer, "b", 10, 0);
    const picked = Array.from({ length: 5 }, () => {
      const worker = pick(balancer, 0)!;
      balancer.sent(worker);
      return worker;
    });
    expect(picked).toEqual(["b", "b", "b", "a", "b"]);
  });

  it("is no longer one that was slow once, at once", () => {
    const balancer = fresh();
    called(balancer, "a", 10, 0, 1_000);
    called(balancer, "b", 50, 0, 1_000);
    called(balancer, "a", 60, 1);
    expect(pick(balancer, 1)).toBe("b");
  });

  it("forgets a slow answer within 10 s of others, and tries the worker again", () => {
    const balancer = fresh();
    called(balancer, "a", 100, 0);
    for (let now = 0; now < 20_000; now += 20) called(balancer, "b", 10, now);
    expect(pick(balancer, 20_000)).toBe("b");
    for (let now = 20_000; now < 25_000; now += 20) called(balancer, "b", 10, now);
    expect(pick(balancer, 25_000)).toBe("a");
  });

  it("is not looked for anew by a sender that makes few calls", () => {
    const balancer = fresh();
    called(balancer, "a", 100, 0);
    for (let now = 0; now < 100_000; now += 1_000) called(balancer, "b", 10, now);
    expect(pick(balancer, 100_000)).toBe("b");
  });

  it("is a new one for one call, and for no second before it has answered", () => {
    const balancer = fresh();
    called(balancer, "b", 10, 0);
    expect(pick(balancer, 0)).toBe("a");
    balancer.sent("a");
    for (let call = 0; call < 100; call++) {
      expect(pick(balancer, 0)).toBe("b");
      balancer.sent("b");
    }
    balancer.ended("a", 12, "ok", 12);
    expect(pick(balancer, 12)).toBe("a");
  });

  it("is not one that fails fast", () => {
    const balancer = fresh();
    called(balancer, "a", 20, 0);
    called(balancer, "b", 10, 0);
    for (let call = 0; call < 50; call++) {
      balancer.sent("a");
      balancer.ended("a", 0.1, "failed", 1_000);
    }
    balancer.sent("b");
    balancer.ended("b", 10, "ok", 1_000);
    expect(pick(balancer, 1_000)).toBe("b");
  });

  it("is not one whose callers waited in vain", () => {
    const balancer = fresh();
    called(balancer, "a", 10, 0);
    called(balancer, "b", 20, 0);
    balancer.sent("a");
    balancer.ended("a", 500, "failed", 500);
    expect(pick(balancer, 500)).toBe("b");
  });

  it("is compared with one other only, whichever chance names", () => {
    const balancer = fresh(three);
    called(balancer, "a", 1, 0);
    called(balancer, "b", 2, 0);
    called(balancer, "c", 3, 0);
    const picks = [0.99, 0.5]
      .map((value) => [value, value])
      .map((values) => balancer.pick(three, 0, () => values.shift()!));
    expect(picks).toEqual(["b", "b"]);
  });

  it("P12: forgets workers that have left", () => {
    const balancer = fresh(three);
    called(balancer, "a", 1, 0);
    called(balancer, "b", 2, 0);
    called(balancer, "c", 3, 0);
    pick(balancer, 0);
    expect(
      balancer.pick(
        [
          { id: "b", weight: 1 },
          { id: "c", weight: 1 },
        ],
        0,
        () => 0,
      ),
    ).toBe("c");
  });
});
