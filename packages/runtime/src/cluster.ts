import { type Mailbox, type Placement, partitionsOf, type View } from "@actor-runtime/core";
import {
  type ActorInspection,
  type ClusterInspection,
  type InspectActorOptions,
  Inspections,
  type InspectOptions,
  type InspectTransactionsOptions,
  type TransactionsInspection,
  type TypeInspection,
} from "./inspect/inspections.js";
import { targetsOf } from "./paused.js";
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

/** A stateless type as the namespace knows it, whoever hosts it now. */
export interface NamedPool {
  readonly name: string;
  readonly balance: string;
  /** Operators paused it. */
  readonly paused: boolean;
}

export interface ClusterDescription {
  readonly view: View;
  /** By name. */
  readonly mailboxes: readonly MailboxDescription[];
  /** By name. */
  readonly pools: readonly NamedPool[];
  /** Types and addresses whose turns operators stopped. */
  readonly paused: readonly string[];
}

/** All workers of the namespace, for operators and tests. */
export interface Cluster {
  /** Who is alive, who should own which partition, and who does. Its parts are read one after the other. */
  describe(): Promise<ClusterDescription>;
  /**
   * Asks every worker what it has to do: actors in memory, messages that wait, turns that run and how long for, p50 and p99.
   *
   * Questions do not go through mailboxes, so they are answered also where a mailbox is stuck, and they wake no actor. A
   * worker that does not answer in time is named in `silent`.
   *
   * @throws StoreUnavailableError
   * @example
   * const { reports, silent } = await system.cluster.inspect();
   * for (const { worker, turns } of reports) console.log(worker, turns.items[0]?.address, turns.items[0]?.ageMs);
   */
  inspect(options?: InspectOptions): Promise<ClusterInspection>;
  /**
   * As {@link inspect}, of one type: what the workers that host it have to do for it, in all and by partition.
   *
   * @throws UnknownTypeError when no worker of this namespace ever hosted the type
   */
  inspectType(type: string, options?: InspectOptions): Promise<TypeInspection>;
  /**
   * Asks the worker that has an actor what it does and what keeps it from getting on.
   *
   * @throws InvalidAddressError, UnknownTypeError
   * @example
   * const { report } = await system.cluster.inspectActor("Account/alice");
   * report?.obstacles.items; // [{ kind: "ask", address: "Bank/main", handler: "book", ageMs: 4000, timeoutInMs: 26000 }]
   */
  inspectActor(address: string, options?: InspectActorOptions): Promise<ActorInspection>;
  /**
   * Asks every worker which of its actors transactions hold, and who waits for them. What was decided on a transaction is
   * known to its coordinator: `system.transactions` puts both together.
   *
   * @throws StoreUnavailableError
   */
  inspectTransactions(options?: InspectTransactionsOptions): Promise<TransactionsInspection>;
}

/** `system.cluster`: asks whoever the workers agree by, so it needs none of them and hosts nothing. */
export class StoredCluster implements Cluster {
  readonly #ports: Pick<Ports, "membership" | "store" | "leases">;
  readonly #inspections: Inspections;

  constructor(ports: Pick<Ports, "membership" | "store" | "leases">) {
    this.#ports = ports;
    this.#inspections = new Inspections(ports);
  }

  async describe(): Promise<ClusterDescription> {
    const { membership, store } = this.#ports;
    const [view, { mailboxes, types, pools, paused }] = await Promise.all([membership.view(), store.namespace()]);
    const names = Object.keys(mailboxes).toSorted();
    const placements = await membership.placements(names);
    return {
      view,
      paused,
      pools: Object.keys(pools)
        .toSorted()
        .map((name) => ({ name, balance: pools[name]!, paused: targetsOf(name, paused).length > 0 })),
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

  inspect(options: InspectOptions = {}): Promise<ClusterInspection> {
    return this.#inspections.cluster(options);
  }

  inspectType(type: string, options: InspectOptions = {}): Promise<TypeInspection> {
    return this.#inspections.type(type, options);
  }

  inspectActor(address: string, options: InspectActorOptions = {}): Promise<ActorInspection> {
    return this.#inspections.actor(address, options);
  }

  inspectTransactions(options: InspectTransactionsOptions = {}): Promise<TransactionsInspection> {
    return this.#inspections.transactions(options);
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
