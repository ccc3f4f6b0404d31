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
 */
export async function drain(partition: Drainable, graceMs: number): Promise<void> {
  const { clock } = partition.services.ports;
  let stopWaiting: Cancel = () => {};
  /** Resolves at this time, in ms by the clock's `monotonic()`. */
  const at = (time: number) =>
    new Promise<void>((resolve) => {
      stopWaiting = clock.after(Math.max(1, time - clock.monotonic()), resolve);
    });
  partition.scheduler.drain();
  const until = clock.monotonic() + graceMs;
  while (partition.alive && (isRunning(partition) || !partition.commits.idle) && clock.monotonic() < until) {
    await at(Math.min(until, clock.monotonic() + pollMs));
  }
  if (partition.alive) await Promise.race([partition.activations.deactivateAll(), at(until)]);
  stopWaiting();
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
