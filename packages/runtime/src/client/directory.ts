import {
  type Mailbox,
  type PartitionId,
  partitionOf,
  partitionsOf,
  type Store,
  UnknownTypeError,
} from "@actor-runtime/core";
import { isSystemType } from "../system-handlers.js";

interface Entry {
  readonly mailbox: Mailbox;
  readonly partitions: readonly PartitionId[];
}

interface Waiting {
  readonly type: string;
  readonly key: string;
  readonly found: (partition: PartitionId) => void;
  readonly failed: (error: unknown) => void;
}

/** Which mailbox a type has, and so which partition an address belongs to. Filled from the namespace's record. */
export class Directory {
  readonly #store: Store;
  readonly #types = new Map<string, Entry>();
  #waiting: Waiting[] = [];

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
  find(type: string, key: string): Promise<PartitionId> {
    return new Promise((resolve, reject) => this.locate(type, key, resolve, reject));
  }

  /**
   * As `find`, but `found` is called before anybody else can see that the type is known, in the order asked: what a sender
   * sends to an actor before its mailbox is known still leaves before what it sends after.
   */
  locate(type: string, key: string, found: (partition: PartitionId) => void, failed: (error: unknown) => void): void {
    this.#waiting.push({ type, key, found, failed });
    if (this.#waiting.length === 1) void this.#read();
  }

  /** The mailbox of a type, as `find` would. */
  async mailbox(type: string): Promise<Mailbox> {
    await this.find(type, type);
    return this.#types.get(type)!.mailbox;
  }

  /** One read serves all that ask meanwhile. */
  async #read(): Promise<void> {
    let failure: unknown;
    try {
      const { types, mailboxes } = await this.#store.namespace();
      for (const [type, name] of Object.entries(types)) {
        const mailbox = mailboxes[name];
        if (mailbox) this.add(type, { name, ...mailbox });
      }
    } catch (error) {
      failure = error;
    }
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { type, key, found, failed } of waiting) {
      const partition = this.partition(type, key);
      if (partition !== undefined) found(partition);
      else failed(failure ?? unknownType(type));
    }
  }
}

function unknownType(type: string): UnknownTypeError {
  const fix = isSystemType(type)
    ? "connect({ actors }) hosts it beside your actors, and createSystem where systemActors are among them"
    : `start one with a class marked @Actor("${type}"), or check the name`;
  return new UnknownTypeError(`no worker has ever hosted actors of type "${type}"; ${fix}`);
}
