import { setTimeout as delay } from "node:timers/promises";
import type { Random } from "@actor-runtime/core";

/** Of an exponential distribution. */
export function exponential(random: Random, mean: number): number {
  return -mean * Math.log(1 - random.next());
}

/** A call that arrived, and what became of it. */
export interface Arrival<T> {
  /** By `performance.now()`. */
  readonly at: number;
  /** From its moment to its end, in ms; of one that is under way, until now. */
  readonly ms: number;
  /** `undefined`: none yet, or it failed. */
  readonly answer: T | undefined;
}

/**
 * Makes calls at moments that do not depend on how earlier ones go (a Poisson process), as many clients would together. What a
 * call waits because this process was late counts, too.
 *
 * @returns how all calls stand `graceMs` after the last one came
 */
export async function arrive<T>(
  call: () => Promise<T>,
  { perSecond, forMs, graceMs }: { readonly perSecond: number; readonly forMs: number; readonly graceMs: number },
  random: Random,
): Promise<Arrival<T>[]> {
  const calls: { at: number; ended?: number; answer?: T }[] = [];
  const running = new Set<Promise<void>>();
  const until = performance.now() + forMs;
  for (let at = performance.now(); at < until; at += exponential(random, 1_000 / perSecond)) {
    const early = at - performance.now();
    if (early > 0) await delay(early);
    const made: (typeof calls)[number] = { at };
    calls.push(made);
    const ended = call()
      .then(
        (answer) => void (made.answer = answer),
        () => {},
      )
      .then(() => {
        made.ended = performance.now();
        running.delete(ended);
      });
    running.add(ended);
  }
  await Promise.race([Promise.all(running), delay(graceMs, undefined, { ref: false })]);
  return calls.map(({ at, answer, ended = performance.now() }) => ({ at, ms: ended - at, answer }));
}
