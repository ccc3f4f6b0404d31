import type { Mailbox, Placement, View } from "@actor-runtime/core";

/** Who holds a partition by lease, whatever the placement says. */
export interface PartitionHolder {
  readonly worker: string;
  readonly fence: number;
  readonly remainingMs: number;
}

export interface MailboxDescription {
  readonly mailbox: Mailbox;
  /** Types whose messages wait in it, whoever hosts them now. */
  readonly types: readonly string[];
  /** Who should own its partitions; absent before the first worker computed it. */
  readonly placement: Placement | undefined;
  /** Who does, by partition; `undefined`: nobody at the moment. */
  readonly holders: readonly (PartitionHolder | undefined)[];
}

export interface ClusterDescription {
  readonly view: View;
  /** By name. */
  readonly mailboxes: readonly MailboxDescription[];
}

/** All workers of the namespace, for operators and tests. */
export interface Cluster {
  /** Who is alive, who should own which partition, and who does. Its parts are read one after the other. */
  describe(): Promise<ClusterDescription>;
}
