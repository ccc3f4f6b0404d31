import {
  ClosedError,
  type Destination,
  type Mailbox,
  type NamespaceRecord,
  type PartitionId,
  partitionOf,
  partitionsOf,
  poolQueue,
  type Store,
  UnknownTypeError,
  UnsupportedError,
} from "@actor-runtime/core";
import { type Balance, balances } from "../definition/stateless-options.js";
import { isSystemType } from "../system-handlers.js";
import { keyMissing, keyUnwanted, poolKey } from "./stateless-target.js";

interface Entry {
  readonly mailbox: Mailbox;
  readonly partitions: readonly PartitionId[];
}

/** Whom a message is for. */
export interface Addressee {
  readonly type: string;
  readonly key: string;
  /** `false`: no key was given, so it can only be a stateless type. @default true */
  readonly keyed?: boolean;
}

interface Waiting {
  readonly to: Addressee;
  readonly found: (destination: Destination) => void;
  readonly failed: (error: unknown) => void;
}

/**
 * Which mailbox a type has, and so which partition an address belongs to; or that it is stateless, and how its calls are spread.
 * Filled from the namespace's record.
 */
export class Directory {
  readonly #store: Store;
  readonly #types = new Map<string, Entry>();
  readonly #pools = new Map<string, Balance>();
  #waiting: Waiting[] = [];

  constructor(store: Store) {
    this.#store = store;
  }

  add(type: string, mailbox: Mailbox): void {
    this.#types.set(type, { mailbox, partitions: partitionsOf(mailbox) });
  }

  addPool(type: string, balance: Balance): void {
    this.#pools.set(type, balance);
  }

  /** How the calls of a stateless type are spread; `undefined`: it is none, as far as is known. */
  balanceOf(type: string): Balance | undefined {
    return this.#pools.get(type);
  }

  /** The partition of an address if the type's mailbox is known already. */
  partition(type: string, key: string): PartitionId | undefined {
    const entry = this.#types.get(type);
    return entry?.partitions[partitionOf(key, entry.partitions.length)];
  }

  /**
   * Where messages to it go, if that is known already: its partition, or the queue of its pool.
   *
   * @throws InvalidAddressError when an actor has no key, or a stateless type has one
   */
  destination({ type, key, keyed = true }: Addressee): Destination | undefined {
    if (this.#pools.has(type)) {
      if (key !== poolKey) throw keyUnwanted(type);
      return poolQueue(type);
    }
    const partition = this.partition(type, key);
    if (partition !== undefined && !keyed) throw keyMissing(type);
    return partition;
  }

  /**
   * The partition of an address, looked up in the store if need be.
   *
   * @throws UnknownTypeError when no worker of the namespace has ever hosted the type
   * @throws UnsupportedError when it is stateless
   */
  find(type: string, key: string): Promise<PartitionId> {
    return new Promise((resolve, reject) => {
      const found = (destination: Destination) => {
        if (this.#pools.has(type)) reject(stateless(type));
        else resolve(destination);
      };
      this.locate({ type, key }, found, reject);
    });
  }

  /** As `destination`, looked up in the store if need be. */
  reach(to: Addressee): Promise<Destination> {
    return new Promise((resolve, reject) => this.locate(to, resolve, reject));
  }

  /** Whoever waits for an answer of the store waits no longer. */
  close(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { to, failed } of waiting) {
      failed(new ClosedError(`${to.type}: the system was closed before the store said where its messages go`));
    }
  }

  /**
   * As `reach`, but `found` is called before anybody else can see that the type is known, in the order asked: what a sender
   * sends to an actor before its mailbox is known still leaves before what it sends after.
   */
  locate(to: Addressee, found: (destination: Destination) => void, failed: (error: unknown) => void): void {
    this.#waiting.push({ to, found, failed });
    if (this.#waiting.length === 1) void this.#read();
  }

  /** The mailbox of a type, as `find` would. */
  async mailbox(type: string): Promise<Mailbox> {
    await this.find(type, poolKey);
    return this.#types.get(type)!.mailbox;
  }

  /**
   * Reads anew how the calls of stateless types are spread. Mailboxes stay as they are, and new ones are left to `locate`, which
   * keeps the order of who waits for them.
   *
   * @throws StoreUnavailableError
   */
  async refreshPools(): Promise<void> {
    this.#addPools((await this.#store.namespace()).pools);
  }

  #addPools(pools: NamespaceRecord["pools"]): void {
    for (const [type, balance] of Object.entries(pools)) this.addPool(type, knownBalance(balance));
  }

  /** One read serves all that ask meanwhile. */
  async #read(): Promise<void> {
    let failure: unknown;
    try {
      const { types, mailboxes, pools } = await this.#store.namespace();
      for (const [type, name] of Object.entries(types)) {
        const mailbox = mailboxes[name];
        if (mailbox) this.add(type, { name, ...mailbox });
      }
      this.#addPools(pools);
    } catch (error) {
      failure = error;
    }
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { to, found, failed } of waiting) {
      let destination: Destination | undefined;
      try {
        destination = this.destination(to);
      } catch (error) {
        failed(error);
        continue;
      }
      if (destination !== undefined) found(destination);
      else failed(failure ?? unknownType(to.type));
    }
  }
}

/** One that a newer build brought: the shared queue is always there. */
function knownBalance(balance: string): Balance {
  return balances.find((known) => known === balance) ?? "least-busy";
}

function stateless(type: string): UnsupportedError {
  return new UnsupportedError(
    `"${type}" is a stateless type: it has no mailbox and no state, so there is nothing to inspect or erase`,
  );
}

function unknownType(type: string): UnknownTypeError {
  const fix = isSystemType(type)
    ? "connect({ actors }) hosts it beside your actors, and createSystem where systemActors are among them"
    : `start one with a class marked @Actor("${type}") or @Stateless("${type}"), or check the name`;
  return new UnknownTypeError(`no worker has ever hosted actors of type "${type}"; ${fix}`);
}
