import { expect, it } from "vitest";
import { callsPerSecond, run } from "./throughput.js";

it("keeps exactly as many calls under way as asked, and makes each once", async () => {
  let underWay = 0;
  let most = 0;
  const seen: number[] = [];
  const call = async (n: number) => {
    seen.push(n);
    most = Math.max(most, ++underWay);
    await Promise.resolve();
    underWay--;
  };
  await run(call, 100, 8);
  expect(most).toBe(8);
  expect(seen).toEqual(Array.from({ length: 100 }, (_, n) => n));
});

it("grows the run until it lasts long enough, and takes the rate of that run alone", async () => {
  let ms = 0;
  let calls = 0;
  // The first 100 calls are slow, as in a process that just started.
  const call = () => {
    ms += calls++ < 100 ? 9 : 0.5;
    return Promise.resolve();
  };
  expect(await callsPerSecond(call, { concurrency: 4, forMs: 1_000, now: () => ms })).toBe(2_000);
});
