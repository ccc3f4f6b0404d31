import { type Percentiles, percentiles } from "./percentile.js";
import { callsPerSecond } from "./throughput.js";

/** Calls per second, and how long one took, in ms. */
export type Pace = Percentiles & { readonly perSecond: number };

/** Makes calls, `concurrency` at a time. Each gets a running number, which begins at 0 with every run. */
export async function paceOf(call: (n: number) => Promise<void>, concurrency: number): Promise<Pace> {
  let times: number[] = [];
  const once = async (n: number): Promise<void> => {
    // A new run; those before it were the warm-up.
    if (n === 0) times = [];
    const began = performance.now();
    await call(n);
    times.push(performance.now() - began);
  };
  const perSecond = await callsPerSecond(once, { concurrency, forMs: 3_000, now: () => performance.now() });
  return { perSecond, ...percentiles(times) };
}
