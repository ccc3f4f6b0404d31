/** The load of `embedded-ask`, the same for the figure and its baseline. */
export const keys = Array.from({ length: 100 }, (_, n) => `counter-${n}`);
export const load = { concurrency: 128, forMs: 1_000, now: () => performance.now() };

export function pick<T>(from: readonly T[], n: number): T {
  return from[n % from.length] as T;
}
