import { ConsistentHashRing, candidatesOf, partitionId, type View } from "@actor-runtime/core";
import type { MailboxDescription } from "@actor-runtime/runtime";

/** The workers that can own a partition in the order in which they come on the ring: its home, then who follows. */
export function ringOrder({ mailbox, types }: MailboxDescription, view: View, partition: number): string[] {
  const ring = new ConsistentHashRing(candidatesOf(view, types).map(({ id, weight }) => ({ name: id, weight })));
  return [...ring.walk(partitionId(mailbox, partition))];
}
