import {
  ConsistentHashRing,
  candidatesOf,
  type Mailbox,
  membersNewerThan,
  type NamespaceRecord,
  type PartitionId,
  type Placement,
  type PlacementInput,
  type PlacementTable,
  parsePartition,
  passedOn,
  placementOf,
  type View,
} from "@actor-runtime/core";
import type { Ports } from "../ports.js";

type Balance = PlacementInput["balance"];

/** The placements of this worker's mailboxes, agreed on with all other workers that host them (DESIGN.md section 7). */
export class Placements {
  readonly #ports: Ports;
  readonly #mailboxes: ReadonlyMap<string, Mailbox>;
  readonly #current = new Map<string, Placement>();
  /** Partitions on their way to a worker that was chosen for them. */
  readonly #passing = new Map<PartitionId, string>();
  /** By mailbox, what was last found to need no change: most looks find the same again, and a ring costs time to build. */
  readonly #right = new Map<string, string>();
  #types: NamespaceRecord["types"] = {};
  /** Stateless types need no placement. */
  #pools: NamespaceRecord["pools"] = {};

  constructor(ports: Ports, mailboxes: ReadonlyMap<string, Mailbox>) {
    this.#ports = ports;
    this.#mailboxes = mailboxes;
  }

  /** Who should own the partition, as last agreed. */
  ownerOf(partition: PartitionId): string | undefined {
    const { mailbox, index } = parsePartition(partition);
    return this.#current.get(mailbox)?.owners[index];
  }

  /** Brings the placements up to this view: whoever sees it first writes them, the others find them written. */
  async update(view: View, balance: Balance): Promise<void> {
    const names = [...this.#mailboxes.keys()];
    const known = (type: string) => Object.hasOwn(this.#types, type) || Object.hasOwn(this.#pools, type);
    if (view.members.some(({ types }) => !types.every(known))) {
      ({ types: this.#types, pools: this.#pools } = await this.#ports.store.namespace());
    }
    const written = await this.#ports.membership.placements(names);
    await Promise.all(names.map((name, index) => this.#updateOne(name, written[index], view, balance)));
  }

  /** Who hosts the types of this partition with a newer build, and may so know what an older one does not (delivery.md O13). */
  newerHost(partition: PartitionId, view: View, build: string): string | undefined {
    const newer = membersNewerThan(build, candidatesOf(view, this.#typesOf(parsePartition(partition).mailbox)));
    return new ConsistentHashRing(newer.map(({ id, weight }) => ({ name: id, weight }))).lookup(partition);
  }

  /** Lets the next update give one partition to another worker, whatever its share. */
  passOn(partition: PartitionId, to: string): void {
    this.#passing.set(partition, to);
  }

  #typesOf(mailbox: string): string[] {
    return Object.keys(this.#types).filter((type) => this.#types[type] === mailbox);
  }

  async #updateOne(name: string, written: Placement | undefined, view: View, balance: Balance): Promise<void> {
    const mailbox = this.#mailboxes.get(name)!;
    const types = this.#typesOf(name);
    const looked = [view.version, balance, types, written?.version, written?.owners].join(" ");
    if (this.#passing.size === 0 && this.#right.get(name) === looked) return;
    const input = { mailbox, types, previous: written, view, balance };
    const next = this.#withPassed(input, placementOf(input));
    const changed = written === undefined || differs(next.owners, written.owners) || differs(next.since, written.since);
    const current = changed ? await this.#ports.membership.place(name, written?.version ?? 0, next) : written;
    if (current) this.#current.set(name, current);
    if (!changed) this.#right.set(name, looked);
  }

  /** What is to be passed on stays so until it is written, for another worker may have written something else first. */
  #withPassed({ mailbox, types, previous, view }: PlacementInput, table: PlacementTable): PlacementTable {
    let { owners, since } = table;
    for (const [partition, to] of this.#passing) {
      const { mailbox: name, index } = parsePartition(partition);
      if (name !== mailbox.name) continue;
      const done = previous?.owners[index] === to;
      if (done || !candidatesOf(view, types).some(({ id }) => id === to)) {
        this.#passing.delete(partition);
      } else {
        owners = owners.with(index, to);
        since = since.with(index, passedOn);
      }
    }
    return { ...table, owners, since };
  }
}

function differs<T>(a: readonly T[], b: readonly T[]): boolean {
  return a.some((value, index) => value !== b[index]);
}
