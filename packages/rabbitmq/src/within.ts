import type { Clock } from "@actor-runtime/core";

/** Waits for it to settle either way, but not longer than this many ms. */
export function within(ms: number, clock: Clock, settling: Promise<unknown>): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.after(ms, resolve);
    settling
      .catch(() => {})
      .finally(() => {
        cancel();
        resolve();
      });
  });
}
