import type { Placement } from "@actor-runtime/core";
import type { ClusterDescription, PartitionHolder } from "@actor-runtime/runtime";
import type { ApiClient } from "../client/api-client.js";

/** The cluster as `GET /api/cluster` describes it. */
export interface ClusterAnswer extends ClusterDescription {
  readonly namespace: string;
  /** Name of the broker adapter, for example `rabbitmq`. */
  readonly transport: string;
}

/** JSON has no `undefined` in lists: `null` says nobody. */
interface Wire extends Omit<ClusterAnswer, "mailboxes"> {
  readonly mailboxes: readonly (Omit<ClusterAnswer["mailboxes"][number], "placement" | "holders"> & {
    readonly placement?: Omit<Placement, "owners"> & { readonly owners: readonly (string | null)[] };
    readonly holders: readonly (PartitionHolder | null)[];
  })[];
}

export async function readCluster(api: ApiClient): Promise<ClusterAnswer> {
  const { mailboxes, ...rest } = (await api.json("GET", ["cluster"])) as Wire;
  return {
    ...rest,
    mailboxes: mailboxes.map(({ placement, holders, ...mailbox }) => ({
      ...mailbox,
      placement: placement && { ...placement, owners: placement.owners.map((owner) => owner ?? undefined) },
      holders: holders.map((holder) => holder ?? undefined),
    })),
  };
}
