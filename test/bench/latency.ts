import { median } from "./benchmark.js";

/** The median time of a call in ms, one after the other, after a warm-up. */
export async function latency(call: (n: number) => Promise<unknown>, calls = 2_000, warmUp = 1_000): Promise<number> {
  for (let n = 0; n < warmUp; n++) await call(n);
  const times: number[] = [];
  for (let n = 0; n < calls; n++) {
    const began = performance.now();
    await call(n);
    times.push(performance.now() - began);
  }
  return median(times);
}
