/** How a rate is taken. */
export interface Load {
  /** How many calls are under way at any time. */
  readonly concurrency: number;
  /** The measured run takes at least this long. */
  readonly forMs: number;
  /** Reads a clock in ms. */
  readonly now: () => number;
}

/**
 * Calls per second of `call` under the load. Runs of growing size warm it up; the first that takes long enough is the figure.
 * `call` gets a running number from 0, new with every run.
 */
export async function callsPerSecond(call: (n: number) => Promise<unknown>, load: Load): Promise<number> {
  for (let calls = load.concurrency; ; calls *= 2) {
    const began = load.now();
    await run(call, calls, load.concurrency);
    const tookMs = load.now() - began;
    if (tookMs >= load.forMs) return (calls / tookMs) * 1_000;
  }
}

/** `calls` calls, `concurrency` at a time. */
export async function run(call: (n: number) => Promise<unknown>, calls: number, concurrency: number): Promise<void> {
  let next = 0;
  const caller = async () => {
    while (next < calls) await call(next++);
  };
  await Promise.all(Array.from({ length: concurrency }, caller));
}
