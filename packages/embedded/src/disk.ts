import type { LockRecord, NamespaceRecord, PartitionId } from "@actor-runtime/core";
import type { LeaseRecord } from "./lease-record.js";
import type { PartitionRecord } from "./partition-record.js";

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** All that outlives the processes of a world: a deep copy of it is a backup. */
export interface DiskContent {
  readonly namespace: Mutable<NamespaceRecord>;
  /** By name. */
  readonly leases: Map<string, LeaseRecord>;
  /** Locks that are held, by name. */
  readonly locks: Map<string, LockRecord>;
  /** The highest fence any lock was given. */
  lockFence: number;
  /** When the sessions that hold locks end, by id. */
  readonly sessions: Map<string, number>;
  readonly partitions: Map<PartitionId, PartitionRecord>;
}

/** What the store's half of a world keeps, and how it goes back in time. */
export class Disk {
  content: DiskContent;
  readonly #watchers: (() => void)[] = [];

  constructor(namespace: NamespaceRecord) {
    this.content = {
      namespace,
      leases: new Map(),
      locks: new Map(),
      lockFence: 0,
      sessions: new Map(),
      partitions: new Map(),
    };
  }

  snapshot(): DiskContent {
    return structuredClone(this.content);
  }

  /** Back to an earlier snapshot: what was acknowledged since is lost, and the generation says so. */
  restore(snapshot: DiskContent): void {
    const generation = this.content.namespace.generation;
    this.content = structuredClone(snapshot);
    this.content.namespace.generation = Math.max(generation, snapshot.namespace.generation) + 1;
    for (const restored of this.#watchers) restored();
  }

  /** Calls back after the content went back in time: a real store loses its connections then, and who listens anew looks. */
  watch(restored: () => void): void {
    this.#watchers.push(restored);
  }

  /**
   * The store is found to have lost writes: partitions taken from now on let holes pass (delivery.md T1, O2).
   *
   * @param own the record by which it was found; one from before the last rise says nothing new
   */
  lostWrites(own: LeaseRecord | undefined): void {
    if (own === undefined || own.generation === this.content.namespace.generation) this.raiseGeneration();
  }

  raiseGeneration(): void {
    this.content.namespace.generation += 1;
  }
}
