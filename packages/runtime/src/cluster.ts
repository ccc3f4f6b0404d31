import { type Mailbox, type Placement, partitionsOf, type View } from "@actor-runtime/core";
import type { Ports } from "./ports.js";

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
  /** Types and addresses whose turns operators stopped. */
  readonly paused: readonly string[];
}

/** All workers of the namespace, for operators and tests. */
export interface Cluster {
  /** Who is alive, who should own which partition, and who does. Its parts are read one after the other. */
  describe(): Promise<ClusterDescription>;
}

/** `system.cluster`: asks whoever the workers agree by, so it needs none of them and hosts nothing. */
export class StoredCluster implements Cluster {
  readonly #ports: Pick<Ports, "membership" | "store" | "leases">;

  constructor(ports: Pick<Ports, "membership" | "store" | "leases">) {
    this.#ports = ports;
  }

  async describe(): Promise<ClusterDescription> {
    const { membership, store } = this.#ports;
    const [view, { mailboxes, types, paused }] = await Promise.all([membership.view(), store.namespace()]);
    const names = Object.keys(mailboxes).toSorted();
    const placements = await membership.placements(names);
    return {
      view,
      paused,
      mailboxes: await Promise.all(
        names.map(async (name, index) => {
          const mailbox: Mailbox = { name, ...mailboxes[name]! };
          return {
            mailbox,
            types: Object.keys(types)
              .filter((type) => types[type] === name)
              .toSorted(),
            placement: placements[index],
            holders: await this.#holders(mailbox),
          };
        }),
      ),
    };
  }

  #holders(mailbox: Mailbox): Promise<(PartitionHolder | undefined)[]> {
    return Promise.all(
      partitionsOf(mailbox).map(async (partition) => {
        const lease = await this.#ports.leases.inspect(partition);
        return lease && { worker: lease.holder, fence: lease.fence, remainingMs: lease.remainingMs };
      }),
    );
  }
}
