import { setTimeout as delay } from "node:timers/promises";
import { type Percentiles, percentiles } from "./percentile.js";

/** Takes the lock, however long that takes; returns how to give it back. */
export type Take = () => Promise<() => Promise<void>>;

/** How clients that want the same lock fared; times are waits for it, in ms. */
export type Contention = Percentiles & {
  /** Acquisitions per second of all together. */
  readonly perSecond: number;
  /** Jain's index over the clients' acquisitions: 1 when all had as many, 1 / clients when one had all. */
  readonly fairness: number;
  /** Acquisitions of the client that had the most, for each one of the client that had the fewest. */
  readonly spread: number;
};

const clients = 20;
const holdMs = 1;
const warmUpMs = 1_000;
const forMs = 5_000;

/** Clients that take the lock, hold it for a moment and at once want it again. */
export async function contend(take: Take): Promise<Contention> {
  const began = performance.now() + warmUpMs;
  const ends = began + forMs;
  const waits = Array.from({ length: clients }, (): number[] => []);
  const keepTaking = async (own: number[]): Promise<void> => {
    while (performance.now() < ends) {
      const asked = performance.now();
      const giveBack = await take();
      const got = performance.now();
      if (got >= began && got < ends) own.push(got - asked);
      await delay(holdMs);
      await giveBack();
    }
  };
  await Promise.all(waits.map(keepTaking));
  const counts = waits.map(({ length }) => length);
  return {
    perSecond: (counts.reduce((sum, count) => sum + count, 0) / forMs) * 1_000,
    ...percentiles(waits.flat()),
    fairness: jainsIndex(counts),
    spread: Math.max(...counts) / Math.max(1, Math.min(...counts)),
  };
}

/** R. Jain, D. Chiu, W. Hawe: A Quantitative Measure of Fairness and Discrimination (DEC-TR-301, 1984). */
export function jainsIndex(shares: readonly number[]): number {
  const sum = shares.reduce((total, share) => total + share, 0);
  const squares = shares.reduce((total, share) => total + share * share, 0);
  return (sum * sum) / (shares.length * squares);
}
