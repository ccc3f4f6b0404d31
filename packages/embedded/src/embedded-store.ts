import {
  type Answer,
  ClosedError,
  type CommitOutcome,
  type CommitRecord,
  type Lease,
  type Mailbox,
  type NamespaceRecord,
  type PartitionId,
  type PartitionImage,
  type Store,
} from "@actor-runtime/core";
import type { Link } from "./link.js";
import type { StoreMemory } from "./store-memory.js";

/** One process's connection to the store of a world. */
export class EmbeddedStore implements Store {
  readonly #memory: StoreMemory;
  readonly #link: Link;
  #closed = false;

  constructor(memory: StoreMemory, link: Link) {
    this.#memory = memory;
    this.#link = link;
  }

  load(partition: PartitionId, lease: Lease): Promise<PartitionImage> {
    return this.#call(() => this.#memory.load(partition, lease));
  }

  commit(partition: PartitionId, record: CommitRecord): Promise<CommitOutcome> {
    return this.#call(() => this.#memory.commit(partition, record));
  }

  readStates(partition: PartitionId, addresses: readonly string[]): Promise<(string | undefined)[]> {
    return this.#call(() => this.#memory.readStates(partition, addresses));
  }

  readAnswers(partition: PartitionId, keys: readonly string[]): Promise<(Answer | undefined)[]> {
    return this.#call(() => this.#memory.readAnswers(partition, keys));
  }

  due(partition: PartitionId, until: number, limit: number): Promise<{ address: string; dueAt: number }[]> {
    return this.#call(() => this.#memory.due(partition, until, limit));
  }

  async *list(partition: PartitionId, prefix: string): AsyncIterable<{ address: string; state: string }> {
    yield* await this.#call(() => this.#memory.list(partition, prefix));
  }

  namespace(): Promise<NamespaceRecord> {
    return this.#call(() => this.#memory.namespace());
  }

  registerMailbox(mailbox: Mailbox, types: readonly string[]): Promise<Mailbox> {
    return this.#call(() => this.#memory.registerMailbox(mailbox, types));
  }

  registerPools(pools: Readonly<Record<string, string>>): Promise<void> {
    return this.#call(() => this.#memory.registerPools(pools));
  }

  pause(target: string, paused: boolean): Promise<NamespaceRecord> {
    return this.#call(() => this.#memory.pause(target, paused));
  }

  adopt(): Promise<NamespaceRecord> {
    return this.#call(() => this.#memory.adopt());
  }

  time(): Promise<number> {
    return this.#call(() => this.#memory.time());
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  #call<T>(operation: () => T): Promise<Awaited<T>> {
    return this.#closed ? Promise.reject(new ClosedError("the store was closed")) : this.#link.call(operation);
  }
}
