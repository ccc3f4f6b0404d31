import { setTimeout as delay } from "node:timers/promises";
import { type ActorSystem, LockLostError } from "actor-runtime";
import { type ArchiveClient, RefusedError } from "./archive-client.js";
import { Catalogue } from "./catalogue.js";

export const titles = ["orders", "returns", "stock", "prices", "outlook"];

/** The name of its lock. */
export const lockOf = (report: string) => `report:${report}`;

/** How long the lock outlives a writer that freezes. */
export const lease = "1s";
const chapterMs = 150;

/** What came of it for one writer. */
export interface Outcome {
  readonly by: string;
  /** How many chapters it added; 0: the report was there already. */
  readonly wrote: number;
  /** Why it had to stop. */
  readonly refused?: string;
}

/** Writes what is missing of a report. One does so at a time; others wait and then find it written. */
export async function writeReport(
  report: string,
  { by, system, archive }: { by: string; system: ActorSystem; archive: ArchiveClient },
): Promise<Outcome> {
  const catalogue = system.ref(Catalogue, "main");
  let wrote = 0;
  try {
    await system.locks.withLock(lockOf(report), { lease }, async ({ fence }) => {
      if (await catalogue.has(report)) return;
      // Looks with the fence already, so that whoever had the lock before cannot add what is not on this list.
      const { length } = await archive.chapters(report, fence);
      for (const title of titles.slice(length)) {
        await delay(chapterMs); // the costly part; `lock.signal` would end it early
        // No look at the clock helps here: the process may freeze just after it. So the archive looks at the fence.
        await archive.append(report, { title, by }, fence);
        wrote++;
      }
      await catalogue.add(report);
    });
  } catch (error) {
    if (!(error instanceof RefusedError || error instanceof LockLostError)) throw error;
    return { by, wrote, refused: error.message };
  }
  return { by, wrote };
}
