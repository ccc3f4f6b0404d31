import { partitionOf } from "@actor-runtime/core";
import type { LocalSystem } from "@actor-runtime/runtime";
import { vi } from "vitest";

/**
 * The worker that holds the partition of a key, once one does.
 *
 * @param other the worker it is not to be: it was struck
 */
export function ownerOf(system: LocalSystem, mailboxName: string, key: string, other?: string): Promise<string> {
  const look = async () => {
    const { mailboxes } = await system.cluster.describe();
    const { mailbox, holders } = mailboxes.find((one) => one.mailbox.name === mailboxName)!;
    const owner = holders[partitionOf(key, mailbox.partitions)]?.worker;
    return owner === undefined || owner === other ? Promise.reject(new Error(`${owner} owns ${key}`)) : owner;
  };
  return vi.waitFor(look, { timeout: 30_000, interval: 20 });
}
