import { type Pace, paceOf } from "./pace.js";

/** More than are taken at any time, so that nobody waits for another. */
const names = Array.from({ length: 1_024 }, (_, n) => `report-${n}`);

/** Takes and gives back locks of different names, `concurrency` at a time; a call is from the request until it was given back. */
export function lockPace(takeAndRelease: (name: string) => Promise<void>, concurrency: number): Promise<Pace> {
  return paceOf((n) => takeAndRelease(names[n % names.length]!), concurrency);
}
