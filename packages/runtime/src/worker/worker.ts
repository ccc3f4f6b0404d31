import {
  type Cancel,
  ConfigError,
  LostOwnershipError,
  type Mailbox,
  type Member,
  parseAddress,
  partitionOf,
  partitionsOf,
} from "@actor-runtime/core";
import type { HostedType } from "./activation.js";
import { PartitionOwner } from "./partition-owner.js";
import type { WorkerServices } from "./services.js";
import type { Tenure } from "./tenure.js";

/** Idle actors, pauses by operators and probes that are due are looked for this often. */
const sweepMs = 1_000;
/** A clock that differs from the store's by more is reported. */
const maxSkewMs = 1_000;

/** Hosts the types of this process: announces it, keeps its partitions and their leases, and drops idle actors. */
export class Worker {
  readonly #services: WorkerServices;
  readonly #mailboxes = new Map<string, Mailbox>();
  readonly #owners: PartitionOwner[] = [];
  readonly #timers: Cancel[] = [];
  #stopped = false;
  #skewed = false;

  constructor(services: WorkerServices) {
    this.#services = services;
  }

  /**
   * Registers the mailboxes, joins the view, and takes the partitions; resolves when all are served.
   *
   * @throws ConfigError when a mailbox is recorded with another number of partitions
   */
  async start(): Promise<void> {
    await this.#register();
    const { ports, limits, brakes } = this.#services;
    // Before the first message: what is paused must not run even for a moment.
    await brakes.look();
    await ports.membership.join(this.#member(), limits.leaseMs);
    const count = [...this.#mailboxes.values()].reduce((sum, { partitions }) => sum + partitions, 0);
    for (const mailbox of this.#mailboxes.values()) {
      partitionsOf(mailbox).forEach((partition, index) => {
        this.#owners.push(new PartitionOwner(this.#services, mailbox, partition, index, count));
      });
    }
    this.#sweep();
    // Before the last partition is served: those that are must not lose their leases meanwhile.
    this.#every(limits.leaseMs / 3, () => this.#renew());
    this.#every(limits.leaseMs / 3, () => this.#heartbeat());
    this.#every(sweepMs, () => {
      this.#sweep();
      this.#brakes();
    });
    this.#every(limits.leaseMs / 20, () => this.#dropExpired());
    await Promise.all(this.#owners.map((owner) => owner.start()));
  }

  /** No turn runs, no message waits but for its time, nothing is on its way to the store. */
  get idle(): boolean {
    return this.#owners.every(({ tenure }) => tenure?.idle ?? false);
  }

  /** Every partition is served. */
  get serving(): boolean {
    return this.#owners.every(({ tenure }) => tenure?.alive);
  }

  /** The partition of an address is dropped from memory as a crash would, and taken anew. */
  async crash(address: string): Promise<void> {
    const { owner } = this.#home(address);
    await owner.crash(new LostOwnershipError(`${address}: crashed on request`));
  }

  /** Stores state for an actor that is not in memory. */
  async seed(address: string, values: Readonly<Record<string, unknown>>): Promise<void> {
    const { hosted, owner } = this.#home(address);
    if (!owner.tenure) throw new LostOwnershipError(`${owner.partition} is not served now`);
    await owner.tenure.seed(hosted, address, values);
  }

  /** Gives all partitions up, side by side, and leaves the view. */
  async stop(graceMs: number): Promise<void> {
    // Turns may take longer to end than a lease lasts, so leases are renewed until the last partition is given up.
    await Promise.all(this.#owners.map((owner) => owner.stop(graceMs)));
    this.#stopped = true;
    for (const cancel of this.#timers) cancel();
    await this.#services.ports.membership.leave(this.#member()).catch(() => {});
  }

  /** @throws ConfigError when the type of the address is not hosted here */
  #home(address: string): { hosted: HostedType; owner: PartitionOwner } {
    const { type, key } = parseAddress(address);
    const hosted = this.#services.types.get(type);
    if (!hosted) throw new ConfigError(`${address}: this worker does not host "${type}"`);
    const mailbox = this.#mailboxes.get(hosted.definition.mailbox.name)!;
    const partition = partitionsOf(mailbox)[partitionOf(key, mailbox.partitions)]!;
    return { hosted, owner: this.#owners.find((candidate) => candidate.partition === partition)! };
  }

  async #register(): Promise<void> {
    const byMailbox = new Map<string, HostedType[]>();
    for (const hosted of this.#services.types.values()) {
      const { name } = hosted.definition.mailbox;
      byMailbox.set(name, [...(byMailbox.get(name) ?? []), hosted]);
    }
    for (const [name, hosted] of byMailbox) {
      const { partitions } = hosted[0]!.definition.mailbox;
      const types = hosted.map(({ definition }) => definition.name);
      const mailbox = await this.#services.ports.store.registerMailbox({ name, generation: 1, partitions }, types);
      if (mailbox.partitions !== partitions) {
        throw new ConfigError(
          `mailbox "${name}" has ${mailbox.partitions} partitions in this namespace, @Actor("${types[0]}") asks for ${partitions}; set partitions: ${mailbox.partitions}, or use another namespace`,
        );
      }
      this.#mailboxes.set(name, mailbox);
      for (const type of types) this.#services.directory.add(type, mailbox);
    }
  }

  #every(ms: number, task: () => void | Promise<void>): void {
    const { clock } = this.#services.ports;
    const index = this.#timers.length;
    const next = () => {
      this.#timers[index] = clock.after(ms, () => {
        void this.#repeat(task, next);
      });
    };
    this.#timers.push(() => {});
    next();
  }

  async #repeat(task: () => void | Promise<void>, next: () => void): Promise<void> {
    await task();
    if (!this.#stopped) next();
  }

  /** All leases in one round trip. A lease that could not be renewed in time is given up before it ends for others. */
  async #renew(): Promise<void> {
    const tenures = this.#tenures();
    if (tenures.length === 0) return;
    const { leases } = this.#services.ports;
    const renewals = tenures.map(({ lease, commits }) => ({ lease, seq: commits.committedSeq }));
    try {
      const renewed = await leases.renew(renewals, this.#services.limits.leaseMs);
      tenures.forEach((tenure, index) => {
        const result = renewed[index]!;
        if ("lease" in result) tenure.renewed(result.lease);
        else if (result.lost === "rewound") tenure.rewound();
        else tenure.lose(new LostOwnershipError(`the lease of ${tenure.partition} is lost: ${result.lost}`));
      });
    } catch (error) {
      this.#services.log.warn({ err: error }, "leases could not be renewed");
    }
  }

  #tenures(): Tenure[] {
    return this.#owners.flatMap(({ tenure }) => (tenure?.alive ? [tenure] : []));
  }

  /** On its own timer, not after a renewal: the store may not even answer with an error. */
  #dropExpired(): void {
    for (const tenure of this.#tenures()) {
      if (!tenure.leaseValid) tenure.lose(new LostOwnershipError(`the lease of ${tenure.partition} ran out`));
    }
  }

  #member(): Member {
    const { types, workerId, incarnation } = this.#services;
    return { id: workerId, incarnation, types: [...types.keys()], weight: 1, build: "", state: "ready" };
  }

  async #heartbeat(): Promise<void> {
    const { ports, limits } = this.#services;
    const askedAt = ports.clock.monotonic();
    try {
      const { own, storeTime } = await ports.membership.heartbeat(this.#member(), limits.leaseMs);
      this.#correctTime(storeTime, askedAt);
      if (own === "expired") await ports.membership.join(this.#member(), limits.leaseMs);
    } catch (error) {
      this.#services.log.warn({ err: error }, "no heartbeat: the store does not answer");
    }
  }

  #brakes(): void {
    const { brakes, log } = this.#services;
    brakes.look().catch((error) => log.debug({ err: error }, "no look at what is paused: the store does not answer"));
    brakes.probe();
  }

  /** O4. */
  #correctTime(storeTime: number, askedAt: number): void {
    const { log, time } = this.#services;
    time.correct(storeTime, askedAt);
    const skewMs = Math.round(time.skew);
    const skewed = Math.abs(skewMs) > maxSkewMs;
    if (skewed && !this.#skewed) {
      log.warn({ skewMs }, "this machine's clock differs from the store's; check its time synchronisation");
    }
    this.#skewed = skewed;
  }

  /** Forgets what was silent or idle for long. */
  #sweep(): void {
    const now = this.#services.ports.clock.monotonic();
    for (const { tenure } of this.#owners) if (tenure?.alive) tenure.forgetStreams(now);
    this.#dropIdle();
  }

  /** Drops actors that were idle for their type's `idleAfter`. */
  #dropIdle(): void {
    const { activations, ports, types } = this.#services;
    activations.now = Math.floor(ports.clock.monotonic() / 1000);
    let shortestMs = Number.POSITIVE_INFINITY;
    for (const { definition } of types.values()) shortestMs = Math.min(shortestMs, definition.idleAfterMs);
    for (const activation of activations) {
      const idleMs = (activations.now - activation.usedAt) * 1000;
      // Let in beyond the bound while all others were busy.
      const tooMany = activations.size > this.#services.limits.maxActivations;
      // They come in the order of their last use: from here on all were used too recently.
      if (idleMs < shortestMs && !tooMany) return;
      if (tooMany || idleMs >= activation.hosted.definition.idleAfterMs) activation.owner.deactivate(activation);
    }
  }
}
