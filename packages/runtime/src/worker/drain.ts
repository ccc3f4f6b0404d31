import { type Cancel, LostOwnershipError } from "@actor-runtime/core";
import type { PartitionScope } from "./scope.js";

/** How often it is looked whether everything has ended. */
const pollMs = 5;
/** How long marks may take to be taken back when the grace is over. */
const takeBackMs = 100;

/** What a partition has to offer to be given up in good order. */
export interface Drainable extends PartitionScope {
  readonly scheduler: PartitionScope["scheduler"] & { drain(): void };
  readonly activations: PartitionScope["activations"] & { deactivateAll(): Promise<void> };
  end(reason: LostOwnershipError): Promise<void>;
}

/**
 * Gives a partition up (delivery.md T4): starts nothing new, lets what runs end within the grace, says goodbye to its actors,
 * and closes its channel once the last commit is known. What still runs then is revoked and runs again at the next owner.
 *
 * @param until when the grace ends, by the clock's `monotonic()`; it may come closer meanwhile
 */
export async function drain(partition: Drainable, until: () => number): Promise<void> {
  if (!partition.alive) return;
  const { clock } = partition.services.ports;
  let stopWaiting: Cancel = () => {};
  /** Resolves at this time, in ms by the clock's `monotonic()`. */
  const at = (time: number) =>
    new Promise<void>((resolve) => {
      stopWaiting = clock.after(Math.max(1, time - clock.monotonic()), resolve);
    });
  const mayWait = () => partition.alive && clock.monotonic() < until();
  const nextLook = () => at(Math.min(until(), clock.monotonic() + pollMs));
  partition.scheduler.drain();
  while (mayWait() && (isRunning(partition) || !partition.commits.idle)) await nextLook();
  if (partition.alive) {
    const goodbyes = partition.activations.deactivateAll().then(() => true);
    let gone = false;
    do gone = await Promise.race([goodbyes, nextLook().then(() => false)]);
    while (!gone && mayWait());
    stopWaiting();
  }
  if (partition.alive && takeBackMarks(partition)) {
    const { commits } = partition;
    const known = commits.committed(commits.gathering.seq).catch(() => {});
    await Promise.race([known, at(clock.monotonic() + takeBackMs)]);
    stopWaiting();
  }
  await partition.end(new LostOwnershipError(`${partition.partition}: given up by this worker`));
}

function isRunning({ activations }: Drainable): boolean {
  for (const { running, queries } of activations) if (running || queries) return true;
  return false;
}

/** What still runs will be revoked, which is no crash (A.7). */
function takeBackMarks({ commits, marks }: Drainable): boolean {
  if (!marks.takeBack(commits.gathering)) return false;
  commits.commitSoon();
  return true;
}
