import { type Percentiles, percentiles } from "./percentile.js";
import { callsPerSecond } from "./throughput.js";

/** Locks taken and given back per second, and how long one took, from the request until it was given back. */
export type LockPace = Percentiles & { readonly perSecond: number };

/** More than are taken at any time, so that nobody waits for another. */
const names = Array.from({ length: 1_024 }, (_, n) => `report-${n}`);

/** Takes and gives back locks of different names, `concurrency` at a time. */
export async function lockPace(
  takeAndRelease: (name: string) => Promise<void>,
  concurrency: number,
): Promise<LockPace> {
  let times: number[] = [];
  const once = async (n: number): Promise<void> => {
    // A new run; those before it were the warm-up.
    if (n === 0) times = [];
    const began = performance.now();
    await takeAndRelease(names[n % names.length]!);
    times.push(performance.now() - began);
  };
  const perSecond = await callsPerSecond(once, { concurrency, forMs: 3_000, now: () => performance.now() });
  return { perSecond, ...percentiles(times) };
}
