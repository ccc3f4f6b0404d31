import { expect, it } from "vitest";
import { Coalesced } from "./coalesced.js";

/** A task whose runs end when the test says so. */
function task() {
  const ends: (() => void)[] = [];
  const runs = { begun: 0, now: 0, most: 0 };
  const coalesced = new Coalesced(async () => {
    runs.begun++;
    runs.most = Math.max(runs.most, ++runs.now);
    await new Promise<void>((resolve) => ends.push(resolve));
    runs.now--;
  });
  return { coalesced, ends, runs };
}

it("what is asked for while it runs is one more run, after this one", async () => {
  const { coalesced, ends, runs } = task();
  const first = coalesced.run();
  const others = [coalesced.run(), coalesced.run()];
  ends[0]!();
  await first;
  await Promise.resolve();
  expect(runs).toEqual({ begun: 2, now: 1, most: 1 });
  ends[1]!();
  await Promise.all(others);
  expect(runs.begun).toBe(2);
});

it("never runs twice at a time, whenever between two runs it is asked for", async () => {
  for (let microtasks = 0; microtasks < 12; microtasks++) {
    const { coalesced, ends, runs } = task();
    void coalesced.run();
    const next = coalesced.run();
    ends[0]!();
    for (let n = 0; n < microtasks; n++) await Promise.resolve();
    const last = coalesced.run();
    for (let n = 0; n < 12; n++) await Promise.resolve();
    ends[1]!();
    for (let n = 0; n < 12; n++) await Promise.resolve();
    ends[2]?.();
    await Promise.all([next, last]);
    expect(runs.most).toBe(1);
  }
});

it("runs again after one that failed", async () => {
  let runs = 0;
  const coalesced = new Coalesced(async () => {
    if (++runs === 1) throw new Error("no");
  });
  const first = coalesced.run();
  const second = coalesced.run();
  await expect(first).rejects.toThrow("no");
  await second;
  expect(runs).toBe(2);
});
