import type { View } from "@actor-runtime/core";
import type { MailboxDescription } from "@actor-runtime/runtime";
import { capOf, sharesOf } from "./shares.js";
import { type Transfer, transfers } from "./transfers.js";

/** What a worker has of a mailbox. */
export interface WorkerShare {
  readonly worker: string;
  /** Partitions that the placement gives it. */
  readonly assigned: readonly number[];
  /** Partitions whose lease it has. */
  readonly held: readonly number[];
  /** Part of all partitions that it is assigned, 0 to 1. */
  readonly share: number;
  /** The most it may be assigned, ⌈n·w/Σw⌉; 0 where it cannot own any. */
  readonly cap: number;
}

/** Who should own the partitions of a mailbox, and who does. */
export interface MailboxReport {
  readonly mailbox: string;
  readonly types: readonly string[];
  readonly partitions: number;
  /** Version of the placement, 0 before there is one. */
  readonly placement: number;
  /** The workers alive, and those that still have a lease, by id. */
  readonly workers: readonly WorkerShare[];
  /** Partitions whose lease another has than their owner. */
  readonly handoffs: readonly Transfer[];
  /** Partitions that have an owner, but whose lease nobody has. */
  readonly unheld: readonly number[];
  /** Partitions without owner. */
  readonly unowned: readonly number[];
}

export function mailboxReport(description: MailboxDescription, view: View): MailboxReport {
  const { mailbox, types, placement, holders } = description;
  const indexes = Array.from({ length: mailbox.partitions }, (_, index) => index);
  const owner = (partition: number) => placement?.owners[partition];
  const holder = (partition: number) => holders[partition]?.worker;
  const shares = sharesOf(description, view);
  const ids = new Set([
    ...view.members.map(({ id }) => id),
    ...holders.flatMap((each) => each?.worker ?? []),
    ...indexes.flatMap((partition) => owner(partition) ?? []),
  ]);
  return {
    mailbox: mailbox.name,
    types,
    partitions: mailbox.partitions,
    placement: placement?.version ?? 0,
    workers: [...ids].toSorted().map((worker) => {
      const assigned = indexes.filter((partition) => owner(partition) === worker);
      return {
        worker,
        assigned,
        held: indexes.filter((partition) => holder(partition) === worker),
        share: assigned.length / mailbox.partitions,
        cap: capOf(shares.get(worker) ?? 0),
      };
    }),
    handoffs: placement ? transfers(indexes.filter(holder), holder, owner) : [],
    unheld: indexes.filter((partition) => owner(partition) !== undefined && holder(partition) === undefined),
    unowned: indexes.filter((partition) => owner(partition) === undefined),
  };
}
