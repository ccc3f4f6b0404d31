import {
  type Answer,
  type Clock,
  type CommitOutcome,
  type CommitRecord,
  type Lease,
  LostOwnershipError,
  type Mailbox,
  type NamespaceRecord,
  type PartitionId,
  type PartitionImage,
  StoreUnavailableError,
} from "@actor-runtime/core";
import type { Disk, DiskContent } from "./disk.js";
import type { LeaseMemory } from "./lease-memory.js";
import type { LeaseRecord } from "./lease-record.js";
import { emptyPartition, image, type PartitionRecord, readAnswer, write } from "./partition-record.js";

/** The content of the store at one moment. */
export type StoreSnapshot = DiskContent;

/** The store that all workers of a world share, with faults on demand. */
export class StoreMemory {
  readonly #disk: Disk;
  readonly #leases: LeaseMemory;
  readonly #clock: Clock;
  #failure: { left: number; readonly mode: "before" | "after" } = { left: 0, mode: "before" };

  constructor(disk: Disk, leases: LeaseMemory, clock: Clock) {
    this.#disk = disk;
    this.#leases = leases;
    this.#clock = clock;
  }

  // ---- faults -------------------------------------------------------------------------------------------------------

  /**
   * The next `count` commits throw StoreUnavailableError: `before` writing, or `after` it, so that only the answer is
   * lost.
   */
  failCommits(count: number, mode: "before" | "after"): void {
    this.#failure = { left: count, mode };
  }

  snapshot(): StoreSnapshot {
    return this.#disk.snapshot();
  }

  /** Goes back to a snapshot, as a failover or a restored backup does: commits acknowledged since are lost. */
  restore(snapshot: StoreSnapshot): void {
    this.#disk.restore(snapshot);
  }

  /** Addresses of actors that transactions hold. */
  holds(): string[] {
    return [...this.#disk.content.partitions.values()].flatMap(({ holds }) => [...holds.keys()]);
  }

  /** Addresses of actors that have reminders. */
  reminded(): string[] {
    return [...this.#disk.content.partitions.values()].flatMap(({ due }) => [...due.keys()]);
  }

  /** Partitions with messages that are not known to be in the broker. */
  outboxes(): PartitionId[] {
    const { partitions } = this.#disk.content;
    return Array.from(partitions, ([partition, { outbox }]) =>
      [...outbox.values()].some((list) => list.length > 0) ? [partition] : [],
    ).flat();
  }

  // ---- the store ----------------------------------------------------------------------------------------------------

  load(partition: PartitionId, lease: Lease): PartitionImage {
    const own = lease.name === partition ? this.#leases.held(lease) : undefined;
    if (own === undefined) {
      throw new LostOwnershipError(`${lease.holder} no longer owns ${partition}: acquire its lease before loading`);
    }
    return image(this.#partition(partition), own.seq, own.rewound);
  }

  commit(partition: PartitionId, record: CommitRecord): CommitOutcome {
    if (this.#failure.left === 0) return this.#commit(partition, record);
    this.#failure.left -= 1;
    if (this.#failure.mode === "after") this.#commit(partition, record);
    throw new StoreUnavailableError(`the commit was made to fail ${this.#failure.mode} writing`);
  }

  /** All checks, then all writes, in the order of delivery.md A.5. */
  #commit(partition: PartitionId, record: CommitRecord): CommitOutcome {
    const own = this.#disk.content.leases.get(partition);
    const refused = this.#leases.refusal(own, record);
    if (own === undefined || refused === "rewound") return this.#rewound(own);
    if (refused !== undefined) return refused;
    if (record.seq <= own.seq) return "already";
    if (record.seq !== own.seq + 1) return this.#rewound(own);
    if (this.#leases.isOver(own)) return "fenced";
    write(this.#partition(partition), record, this.#clock.monotonic());
    own.seq = record.seq;
    return "committed";
  }

  #rewound(own: LeaseRecord | undefined): "rewound" {
    this.#disk.lostWrites(own);
    return "rewound";
  }

  readStates(partition: PartitionId, addresses: readonly string[]): (string | undefined)[] {
    const { states } = this.#partition(partition);
    return addresses.map((address) => states.get(address));
  }

  readAnswers(partition: PartitionId, keys: readonly string[]): (Answer | undefined)[] {
    const record = this.#partition(partition);
    return keys.map((key) => readAnswer(record, key));
  }

  due(partition: PartitionId, until: number, limit: number): { address: string; dueAt: number }[] {
    return Array.from(this.#partition(partition).due, ([address, dueAt]) => ({ address, dueAt }))
      .filter(({ dueAt }) => dueAt <= until)
      .toSorted((a, b) => a.dueAt - b.dueAt)
      .slice(0, limit);
  }

  list(partition: PartitionId, prefix: string): { address: string; state: string }[] {
    const found: { address: string; state: string }[] = [];
    for (const [address, state] of this.#partition(partition).states) {
      if (address.startsWith(prefix)) found.push({ address, state });
    }
    return found;
  }

  namespace(): NamespaceRecord {
    // What it holds is replaced, never changed in place.
    return { ...this.#disk.content.namespace };
  }

  registerMailbox({ name, partitions, generation }: Mailbox, types: readonly string[]): Mailbox {
    const { namespace } = this.#disk.content;
    // Own properties only: a type may be called `constructor`.
    if (!Object.hasOwn(namespace.mailboxes, name)) {
      namespace.mailboxes = { ...namespace.mailboxes, [name]: { partitions, generation } };
    }
    namespace.types = { ...namespace.types, ...Object.fromEntries(types.map((type) => [type, name])) };
    return { name, ...namespace.mailboxes[name]! };
  }

  registerPools(pools: Readonly<Record<string, string>>): void {
    const { namespace } = this.#disk.content;
    namespace.pools = { ...namespace.pools, ...pools };
  }

  pause(target: string, paused: boolean): NamespaceRecord {
    const { namespace } = this.#disk.content;
    const others = namespace.paused.filter((other) => other !== target);
    namespace.paused = paused ? [...others, target] : others;
    return this.namespace();
  }

  adopt(): NamespaceRecord {
    this.#disk.raiseGeneration();
    return this.namespace();
  }

  time(): number {
    return this.#clock.now();
  }

  #partition(id: PartitionId): PartitionRecord {
    const { partitions } = this.#disk.content;
    let record = partitions.get(id);
    if (record === undefined) {
      record = emptyPartition(this.#clock.monotonic());
      partitions.set(id, record);
    }
    return record;
  }
}
