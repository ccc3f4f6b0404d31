import { SeededRandom } from "@actor-runtime/embedded";
import { expect, it } from "vitest";
import { Zipf } from "./zipf.js";

function shares(ranks: number, skew: number, draws: number): number[] {
  const zipf = new Zipf(new SeededRandom(1), ranks, skew);
  const counts = Array.from({ length: ranks }, () => 0);
  for (let n = 0; n < draws; n++) counts[zipf.next()]! += 1;
  return counts.map((count) => count / draws);
}

it("gives each rank its share: with skew 1 the first of four 12 of 25", () => {
  const expected = [12, 6, 4, 3].map((parts) => parts / 25);
  shares(4, 1, 50_000).forEach((share, rank) => expect(share).toBeCloseTo(expected[rank]!, 2));
});

it("makes one of 10,000 accounts a hot one with the skew of the benchmarks", () => {
  const [first, second] = shares(10_000, 0.99, 50_000);
  expect(first).toBeCloseTo(0.1, 2);
  expect(second).toBeCloseTo(0.05, 2);
});

it("has no favourites without skew", () => {
  for (const share of shares(10, 0, 50_000)) expect(share).toBeCloseTo(0.1, 2);
});

it("draws the same again from the same seed", () => {
  const draw = () => {
    const zipf = new Zipf(new SeededRandom(7), 100, 0.99);
    return Array.from({ length: 20 }, () => zipf.next());
  };
  expect(draw()).toEqual(draw());
});
