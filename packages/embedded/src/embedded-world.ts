import {
  type Alarms,
  type Broker,
  type Clock,
  type Destination,
  type HeldLock,
  type Leases,
  type LockLeases,
  type Membership,
  type PartitionId,
  type Placement,
  type PoolQueue,
  type Pools,
  type Random,
  type Store,
  type View,
  wireVersion,
} from "@actor-runtime/core";
import { AlarmMemory } from "./alarm-memory.js";
import { BrokerMemory } from "./broker-memory.js";
import { Disk } from "./disk.js";
import { EmbeddedAlarms } from "./embedded-alarms.js";
import { EmbeddedBroker } from "./embedded-broker.js";
import { EmbeddedLeases } from "./embedded-leases.js";
import { EmbeddedLockLeases } from "./embedded-lock-leases.js";
import { EmbeddedMembership } from "./embedded-membership.js";
import { EmbeddedStore } from "./embedded-store.js";
import { LeaseMemory } from "./lease-memory.js";
import { Link, type Path } from "./link.js";
import { LockMemory } from "./lock-memory.js";
import { MembershipMemory } from "./membership-memory.js";
import type { Schedule } from "./schedule.js";
import { StoreMemory } from "./store-memory.js";

export interface WorldOptions {
  /** Decides all times of the world: leases, members, alarms, answers. */
  readonly clock: Clock;
  /** Decides nonces and the store's id. */
  readonly random: Random;
  /** The most bytes of message bodies in each queue, and in the dead letters of each type. Default 64 MiB. */
  readonly maxMailboxBytes?: number;
  /** How a hop across the network happens. Default `queueMicrotask`. */
  readonly schedule?: Schedule;
}

/** How a process is connected, where that is simulated. */
export interface ConnectOptions {
  /** The process' own clock, in whose time its leases end. Default: the world's. */
  readonly clock?: Clock;
  /** Its way to each half of the world. Default: one hop of the world's `schedule` for a call, and none for its answer. */
  readonly paths?: { readonly broker: Path; readonly store: Path };
}

/** What one process sees of a world. */
export interface Connection {
  readonly broker: Broker;
  readonly store: Store;
  readonly leases: Leases;
  readonly locks: LockLeases;
  readonly membership: Membership;
  readonly alarms: Alarms;
  readonly pools: Pools;
}

/** The half of the world that a connection can lose: RabbitMQ's part, Redis' part, or everything. */
export type Half = "broker" | "store" | "both";

interface Process {
  readonly name: string;
  readonly broker: EmbeddedBroker;
  readonly alarms: EmbeddedAlarms;
  readonly link: Link;
}

const defaultMaxMailboxBytes = 64 * 1024 * 1024;

/**
 * A broker and a store in memory, shared by the processes that connect to it, with faults on demand.
 *
 * @example
 * const world = new EmbeddedWorld({ clock: new ManualClock(), random: new SeededRandom(1) });
 * const a = world.connect("worker-a");
 * const b = world.connect("worker-b");
 * world.disconnect("worker-a"); // its queues and, once their time is up, its leases pass to b
 */
export class EmbeddedWorld {
  /** The shared store, with its faults: `failCommits`, `snapshot`, `restore`. */
  readonly store: StoreMemory;
  readonly #clock: Clock;
  readonly #schedule: Schedule;
  readonly #broker: BrokerMemory;
  readonly #leases: LeaseMemory;
  readonly #locks: LockMemory;
  readonly #membership: MembershipMemory;
  readonly #alarms: AlarmMemory;
  readonly #processes: Process[] = [];
  #replyQueues = 0;

  constructor(options: WorldOptions) {
    const { clock, random, maxMailboxBytes = defaultMaxMailboxBytes, schedule = queueMicrotask } = options;
    this.#clock = clock;
    this.#schedule = schedule;
    const disk = new Disk({
      storeId: random.id(),
      generation: 1,
      wire: wireVersion,
      mailboxes: {},
      types: {},
      pools: {},
      paused: [],
    });
    this.#broker = new BrokerMemory(maxMailboxBytes, schedule);
    this.#membership = new MembershipMemory(clock);
    const released = (lease: string) => this.#membership.changed({ about: "released", lease });
    this.#leases = new LeaseMemory(disk, clock, random, released);
    this.#locks = new LockMemory(disk, clock);
    this.store = new StoreMemory(disk, this.#leases, clock);
    this.#alarms = new AlarmMemory(clock);
  }

  /** Gives a process its own connection; the name is the one that faults speak of. */
  connect(processName: string, { clock = this.#clock, paths }: ConnectOptions = {}): Connection {
    const link = new Link("store", this.#schedule, paths?.store);
    const brokerLink = new Link("broker", this.#schedule, paths?.broker);
    const replyAddress = () => `${processName}:${(this.#replyQueues += 1)}`;
    const broker = new EmbeddedBroker(this.#broker, brokerLink, replyAddress);
    const alarms = new EmbeddedAlarms(this.#alarms, link);
    this.#processes.push({ name: processName, broker, alarms, link });
    return {
      broker,
      store: new EmbeddedStore(this.store, link),
      leases: new EmbeddedLeases(this.#leases, link, clock),
      locks: new EmbeddedLockLeases(this.#locks, link, clock),
      membership: new EmbeddedMembership(this.#membership, link, clock),
      alarms,
      pools: broker.pools,
    };
  }

  /**
   * The process can no longer reach half of the world or all of it, as when its network or its machine fails: channels
   * are lost and their unacked frames returned, publishes end as `lost`, calls of the store fail: without effect, unless they
   * were carried out already and only the answer is lost. Its leases end by themselves.
   */
  disconnect(processName: string, half: Half = "both"): void {
    for (const { name, broker, alarms, link } of this.#processes) {
      if (name !== processName) continue;
      if (half !== "store") broker.disconnect();
      if (half !== "broker") {
        link.cut();
        alarms.disconnect();
      }
    }
  }

  /** The process reaches the world again. */
  reconnect(processName: string, half: Half = "both"): void {
    for (const { name, broker, alarms, link } of this.#processes) {
      if (name !== processName) continue;
      if (half !== "store") broker.reconnect();
      if (half !== "broker") {
        link.restore();
        alarms.reconnect();
      }
    }
  }

  // ---- a look inside, without a process that asks

  /** Partitions and pools with messages that are not done: not acked, or committed for others and not yet confirmed by the broker. */
  backlog(): (PartitionId | PoolQueue)[] {
    return [...new Set([...this.#broker.backlog(), ...this.store.outboxes()])];
  }

  /** Who holds a lease now, if anybody does. */
  holderOf(lease: string): string | undefined {
    return this.#leases.inspect(lease)?.holder;
  }

  /** Who holds a lock now, or may claim it. */
  lock(name: string): HeldLock | undefined {
    return this.#locks.inspect(name);
  }

  /** Ids of the sessions that have not ended. */
  lockSessions(): string[] {
    return this.#locks.sessions();
  }

  /** How many alarms are set. */
  get alarms(): number {
    return this.#alarms.size;
  }

  /** Who is alive. */
  view(): View {
    return this.#membership.view();
  }

  /** Who should own the partitions of a mailbox. */
  placementOf(mailbox: string): Placement | undefined {
    return this.#membership.placement(mailbox);
  }

  // ---- faults

  /** Consumers of the partition or pool, or of all, get `lost`; their unacked frames return to their places. */
  cutChannels(of?: PartitionId | PoolQueue): void {
    this.#broker.cutChannels(of);
  }

  /** The next `count` publishes are carried out but answer `lost`. */
  loseConfirms(count: number): void {
    this.#broker.loseConfirms(count);
  }

  /** While on, publishes to the destination end as `refused`, as if it were full. */
  refuse(destination: Destination | PoolQueue, on: boolean): void {
    this.#broker.refuse(destination, on);
  }

  /** The reply queues of the process are lost and made again: answers under way are gone. */
  reopenReplies(processName: string): void {
    for (const { name, broker } of this.#processes) if (name === processName) broker.reopenReplies();
  }

  /** Alarms of the partition, or all, are forgotten. */
  loseAlarms(of?: PartitionId): void {
    this.#alarms.lose(of);
  }

  /** All alarms ring now, before their time, and again at it. */
  ringAlarms(): void {
    this.#alarms.ringAll();
  }

  /** The next `count` alarms that ring do so twice. */
  repeatAlarms(count: number): void {
    this.#alarms.repeat(count);
  }
}
