import { setTimeout as delay } from "node:timers/promises";

/** Who made how many thumbnails, and how long a caller waited for one, in ms. */
export interface Outcome {
  readonly byWorker: ReadonlyMap<string, number>;
  readonly p50: number;
  readonly p99: number;
}

/**
 * Asks for thumbnails at a steady pace, whether or not earlier ones are there.
 *
 * @param make resolves with the worker that made one
 */
export async function load(
  make: (image: string) => Promise<string>,
  { images, everyMs }: { images: number; everyMs: number },
): Promise<Outcome> {
  const byWorker = new Map<string, number>();
  const times: number[] = [];
  const one = async (image: string) => {
    const began = performance.now();
    const worker = await make(image);
    times.push(performance.now() - began);
    byWorker.set(worker, (byWorker.get(worker) ?? 0) + 1);
  };
  const began = performance.now();
  const calls: Promise<void>[] = [];
  for (let n = 0; n < images; n++) {
    await delay(began + n * everyMs - performance.now());
    calls.push(one(`image-${n}.png`));
  }
  await Promise.all(calls);
  const sorted = times.toSorted((a, b) => a - b);
  const rank = (share: number) => sorted[Math.ceil(share * sorted.length) - 1]!;
  return { byWorker, p50: rank(0.5), p99: rank(0.99) };
}
