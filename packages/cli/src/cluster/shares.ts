import { candidatesOf, type View } from "@actor-runtime/core";
import type { MailboxDescription } from "@actor-runtime/runtime";

/** What each worker that can own partitions of the mailbox should have of them by its weight: n·w/Σw. */
export function sharesOf({ mailbox, types }: MailboxDescription, view: View): Map<string, number> {
  const candidates = candidatesOf(view, types);
  const total = candidates.reduce((sum, { weight }) => sum + weight, 0);
  return new Map(candidates.map(({ id, weight }) => [id, (mailbox.partitions * weight) / total]));
}

/** The most partitions a worker with this share may own: the next whole number. */
export function capOf(share: number): number {
  // 3 · 0.7 / 2.1 is 1.0000000000000002: what a sum of fractions is too much makes no partition.
  return Math.ceil(share - 1e-9);
}
