import {
  type Mailbox,
  type PartitionId,
  partitionOf,
  partitionsOf,
  type Store,
  UnknownTypeError,
} from "@actor-runtime/core";

interface Entry {
  readonly mailbox: Mailbox;
  readonly partitions: readonly PartitionId[];
}

/** Which mailbox a type has, and so which partition an address belongs to. Filled from the namespace's record. */
export class Directory {
  readonly #store: Store;
  readonly #types = new Map<string, Entry>();
  #reading: Promise<void> | undefined;

  constructor(store: Store) {
    this.#store = store;
  }

  add(type: string, mailbox: Mailbox): void {
    this.#types.set(type, { mailbox, partitions: partitionsOf(mailbox) });
  }

  /** The partition of an address if the type's mailbox is known already. */
  partition(type: string, key: string): PartitionId | undefined {
    const entry = this.#types.get(type);
    return entry?.partitions[partitionOf(key, entry.partitions.length)];
  }

  /**
   * The partition of an address, looked up in the store if need be.
   *
   * @throws UnknownTypeError when no worker of the namespace has ever hosted the type
   */
  async find(type: string, key: string): Promise<PartitionId> {
    if (!this.#types.has(type)) await this.#read();
    const partition = this.partition(type, key);
    if (partition === undefined) {
      throw new UnknownTypeError(
        `no worker has ever hosted actors of type "${type}"; start one with a class marked @Actor("${type}"), or check the name`,
      );
    }
    return partition;
  }

  /** The mailbox of a type, as `find` would. */
  async mailbox(type: string): Promise<Mailbox> {
    await this.find(type, type);
    return this.#types.get(type)!.mailbox;
  }

  /** One read serves all that ask meanwhile. */
  #read(): Promise<void> {
    this.#reading ??= this.#store
      .namespace()
      .then((record) => {
        for (const [type, name] of Object.entries(record.types)) {
          const mailbox = record.mailboxes[name];
          if (mailbox) this.add(type, { name, ...mailbox });
        }
      })
      .finally(() => {
        this.#reading = undefined;
      });
    return this.#reading;
  }
}
