import { describe, expect, it } from "vitest";
import { isSpared, nextStanding, normalStanding, type Standing, shareOf } from "./standing.js";

/** Every second from `from` to `to`. */
function through(standing: Standing, slowness: number | undefined, from: number, to: number): Standing {
  let now = standing;
  for (let second = from; second <= to; second++) now = nextStanding(now, slowness, 20, second * 1_000);
  return now;
}

describe("a worker that takes from the shared queue of its pool", () => {
  it("takes its share as long as it is at most 3 times slower than its peers, or nobody can say", () => {
    expect(through(normalStanding, 3, 0, 100)).toEqual(normalStanding);
    expect(through(normalStanding, undefined, 0, 100)).toEqual(normalStanding);
    expect(shareOf(normalStanding, 0)).toBe(1);
  });

  it("steps aside for 10 s when it is slower", () => {
    const aside = nextStanding(normalStanding, 3.01, 20, 1_000);
    expect(aside).toEqual({ kind: "aside", until: 11_000, strikes: 1 });
    expect(shareOf(aside, 5_000)).toBe(0);
    expect(nextStanding(aside, 1, 20, 10_999)).toBe(aside);
  });

  it("is then tried with a share that grows, and is normal after 10 s", () => {
    const aside = nextStanding(normalStanding, 10, 20, 0);
    const probing = nextStanding(aside, 10, 20, 10_000);
    expect(probing).toEqual({ kind: "probing", since: 10_000, strikes: 1 });
    expect([10_000, 15_000, 20_000].map((now) => shareOf(probing, now))).toEqual([0.1, 0.55, 1]);
    expect(nextStanding(probing, 1, 20, 19_999)).toBe(probing);
    expect(nextStanding(probing, undefined, 20, 20_000)).toEqual({ kind: "normal", since: 10_000, strikes: 1 });
  });

  it("steps aside twice as long each time that it is still slow, up to 5 minutes", () => {
    const lengths: number[] = [];
    let standing: Standing = normalStanding;
    let now = 0;
    for (let time = 0; time < 8; time++) {
      standing = nextStanding(standing, 10, 20, now);
      if (standing.kind !== "aside") throw new Error(standing.kind);
      lengths.push((standing.until - now) / 1_000);
      now = standing.until;
      standing = nextStanding(standing, 10, 20, now);
      now += 2_000;
    }
    expect(lengths).toEqual([10, 20, 40, 80, 160, 300, 300, 300]);
  });

  it("is forgiven after a good time", () => {
    const again = through(through(normalStanding, 10, 0, 0), 1, 1, 60);
    expect(nextStanding(again, 10, 20, 61_000)).toEqual({ kind: "aside", until: 71_000, strikes: 1 });
  });
});

it("a worker that is tried again has a tenth of its share until it has run 5 calls, however long these take", () => {
  let standing: Standing = { kind: "probing", since: 0, strikes: 1 };
  for (let now = 0; now <= 60_000; now += 2_000) {
    standing = nextStanding(standing, undefined, 4.9, now);
    expect(shareOf(standing, now)).toBe(0.1);
  }
  expect(shareOf(nextStanding(standing, 1, 5, 62_000), 65_000)).toBeCloseTo(0.55);
  expect(nextStanding(standing, 1, 5, 70_000)).toMatchObject({ kind: "normal" });
  expect(nextStanding(standing, 10, 5, 62_000)).toMatchObject({ kind: "aside", strikes: 2 });
});

describe("a worker that is aside takes nothing", () => {
  it("while at least two of its peers, and half of them, are normal", () => {
    expect(isSpared(["normal", "normal", "normal"])).toBe(true);
    expect(isSpared(["normal", "normal", "aside", "probing"])).toBe(true);
  });

  it("but what the others leave when fewer are", () => {
    expect(isSpared([])).toBe(false);
    expect(isSpared(["normal"])).toBe(false);
    expect(isSpared(["normal", "aside"])).toBe(false);
    expect(isSpared(["normal", "normal", "aside", "aside", "probing"])).toBe(false);
  });
});
