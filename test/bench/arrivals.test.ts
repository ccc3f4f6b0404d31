import { setTimeout as delay } from "node:timers/promises";
import { SeededRandom } from "@actor-runtime/embedded";
import { expect, it } from "vitest";
import { arrive, exponential } from "./arrivals.js";

it("exponential times have their mean, and 1 in 100 is 4.6 times as long", () => {
  const random = new SeededRandom(1);
  const times = Array.from({ length: 100_000 }, () => exponential(random, 50)).toSorted((a, b) => a - b);
  expect(times.reduce((sum, ms) => sum + ms, 0) / times.length).toBeCloseTo(50, 0);
  expect(times[99_000]! / 50).toBeCloseTo(Math.log(100), 1);
});

it("calls arrive however long others take, and one without an answer counts with its time so far", async () => {
  let made = 0;
  const call = async (): Promise<string> => {
    made += 1;
    if (made === 1) await new Promise<never>(() => {});
    if (made === 2) throw new Error("refused");
    await delay(1);
    return "done";
  };
  const calls = await arrive(call, { perSecond: 400, forMs: 100, graceMs: 50 }, new SeededRandom(1));
  expect(calls).toHaveLength(made);
  expect(made).toBeGreaterThan(10);
  expect(calls.map(({ answer }) => answer)).toEqual([undefined, undefined, ...Array(made - 2).fill("done")]);
  expect(calls[0]!.ms).toBeGreaterThan(100);
});
