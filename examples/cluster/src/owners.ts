import { setTimeout as delay } from "node:timers/promises";
import type { ActorSystem } from "actor-runtime";

const pollMs = 20;

/** The worker that holds each partition of the counters; `undefined`: nobody at the moment. */
export type Owners = readonly (string | undefined)[];

/** Waits until these workers hold all partitions, as many each as its share. */
export async function sharedOut(system: ActorSystem, workers: readonly string[]): Promise<Owners> {
  for (;;) {
    const { mailboxes } = await system.cluster.describe();
    const counters = mailboxes.find(({ mailbox }) => mailbox.name === "Counter");
    const owners = counters?.holders.map((holder) => holder?.worker) ?? [];
    const fewest = Math.floor(owners.length / workers.length);
    const fair = workers.every((worker) => partitionsOf(owners, worker).length >= fewest);
    if (owners.length > 0 && fair && owners.every((owner) => owner !== undefined && workers.includes(owner))) {
      return owners;
    }
    await delay(pollMs);
  }
}

/** Numbers of the partitions that a worker holds. */
export function partitionsOf(owners: Owners, worker: string): readonly number[] {
  return owners.flatMap((owner, index) => (owner === worker ? [index] : []));
}
