import {
  type Mailbox,
  type NamespaceRecord,
  type PartitionId,
  type Placement,
  type PlacementInput,
  parsePartition,
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
  #types: NamespaceRecord["types"] = {};

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
    if (view.members.some(({ types }) => types.some((type) => this.#types[type] === undefined))) {
      this.#types = (await this.#ports.store.namespace()).types;
    }
    const written = await this.#ports.membership.placements(names);
    await Promise.all(names.map((name, index) => this.#updateOne(name, written[index], view, balance)));
  }

  async #updateOne(name: string, written: Placement | undefined, view: View, balance: Balance): Promise<void> {
    const mailbox = this.#mailboxes.get(name)!;
    const types = Object.keys(this.#types).filter((type) => this.#types[type] === name);
    const next = placementOf({ mailbox, types, previous: written, view, balance });
    const changed = written === undefined || next.owners.some((owner, index) => owner !== written.owners[index]);
    const current = changed ? await this.#ports.membership.place(name, written?.version ?? 0, next) : written;
    if (current) this.#current.set(name, current);
  }
}
