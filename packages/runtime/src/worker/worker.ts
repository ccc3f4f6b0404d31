import {
  type Cancel,
  type Change,
  ConfigError,
  type Destination,
  isPoolQueue,
  LostOwnershipError,
  type Mailbox,
  type PartitionId,
  parseAddress,
  parsePartition,
  partitionOf,
  partitionsOf,
  StoreUnavailableError,
  type View,
} from "@actor-runtime/core";
import { Inspector } from "../inspect/inspector.js";
import { observeWorker } from "../metrics/levels.js";
import { WorkerPools } from "../pools/worker-pools.js";
import type { HostedType } from "./activation.js";
import { BrokerHealth } from "./broker-health.js";
import { Coalesced } from "./coalesced.js";
import { Housekeeping } from "./housekeeping.js";
import { LeaseKeeper } from "./lease-keeper.js";
import { Ownership } from "./ownership.js";
import { PartitionLog } from "./partition-log.js";
import { type PartitionHost, PartitionOwner } from "./partition-owner.js";
import { Placements } from "./placements.js";
import { Presence } from "./presence.js";
import { seed } from "./seed.js";
import type { WorkerServices } from "./services.js";

/** Workers that joined get their share once nobody has come or gone for so long. */
const quietMs = 2_000;
/** A timer may be early by a moment. */
const marginMs = 5;
/** A rolling deploy ends, or goes on, before this; several builds that stay for longer share the partitions like one. */
const mixedMs = 60_000;
/** A worker that stops waits at most so long until the others know. */
const goodbyeMs = 2_000;

/** Hosts the types of this process: takes its place among the workers, and serves the partitions that belong to it. */
export class Worker implements PartitionHost {
  readonly health: BrokerHealth;
  readonly news: PartitionLog;
  readonly inspector: Inspector;
  readonly pools: WorkerPools;
  readonly #services: WorkerServices;
  readonly #mailboxes: ReadonlyMap<string, Mailbox>;
  readonly #owners: readonly PartitionOwner[];
  readonly #presence: Presence;
  readonly #placements: Placements;
  readonly #housekeeping: Housekeeping;
  readonly #ownership: Ownership;
  readonly #stopObserving: () => void;
  readonly #placing = new Coalesced(() => this.#place());
  #seenVersion: number | undefined;
  /** The first attempts to take what was assigned last. */
  #taken: Promise<void> = Promise.resolve();
  #quietTimer: Cancel = () => {};
  #stopResponding: Cancel = () => {};
  #stopped = false;
  #replaced = false;

  /** @param mailboxes of the types hosted here */
  constructor(services: WorkerServices, mailboxes: ReadonlyMap<string, Mailbox>) {
    const { ports, limits, log } = services;
    this.#services = services;
    this.#mailboxes = mailboxes;
    this.health = new BrokerHealth(services, {
      able: (able) => this.#able(able),
      recovered: () => this.#retryNow(),
    });
    this.news = new PartitionLog(log, ports.clock);
    const count = [...mailboxes.values()].reduce((sum, { partitions }) => sum + partitions, 0);
    this.#owners = [...mailboxes.values()].flatMap((mailbox) =>
      partitionsOf(mailbox).map(
        (partition, index) => new PartitionOwner(services, this, mailbox, partition, index, count),
      ),
    );
    this.pools = new WorkerPools(services, () => this.#presence.view);
    this.inspector = new Inspector(services, this.#owners, this.pools);
    this.#presence = new Presence(services, {
      seen: (view) => this.#seen(view),
      replaced: (replaced) => this.#makeWay(replaced),
      recovered: () => this.#retryNow(),
      hinted: (change) => this.#hinted(change),
    });
    this.#placements = new Placements(ports, mailboxes);
    const tenures = () => this.#owners.flatMap(({ tenure }) => (tenure?.alive ? [tenure] : []));
    this.#stopObserving = observeWorker(services, mailboxes, tenures, this.pools);
    this.#housekeeping = new Housekeeping(services, new LeaseKeeper(services, tenures), tenures);
    this.#ownership = new Ownership({
      owners: this.#owners,
      graceMs: limits.handoffGraceMs,
      after: (ms, task) => ports.clock.after(ms, task),
      now: () => ports.clock.monotonic(),
      failed: (error) => log.error({ err: error }, "a partition could not be given up"),
    });
  }

  /**
   * Joins the view and takes its partitions; resolves when all are served that nobody else still holds.
   *
   * @throws ConfigError when a partition can never be served
   */
  async start(): Promise<void> {
    // Before the first message: what is paused must not run even for a moment.
    await this.#services.brakes.look();
    const { ports, member } = this.#services;
    this.#stopResponding = ports.membership.respond(member, (question) => this.inspector.respond(question));
    // Whoever sees this worker may send to its own queues.
    await this.pools.start();
    await this.#presence.join();
    // Before the last partition is served: those that are must not lose their leases meanwhile.
    this.#housekeeping.start();
    await this.#placing.run();
    await this.#taken;
    this.#services.alarms.start();
  }

  /** No turn runs, no message waits but for its time, nothing is on its way to the store. */
  get idle(): boolean {
    return this.pools.idle && this.#owners.every(({ wanted, tenure }) => tenure?.idle ?? !wanted);
  }

  /** Readiness, one line per check. */
  get checks(): Readonly<Record<string, string>> {
    const ours = this.#owners.filter(({ wanted }) => wanted);
    const living = new Set(this.#presence.view?.members.map(({ id }) => id));
    // One that another worker still hands over is served there.
    const missing = ours.filter(
      ({ tenure, heldBy }) => !tenure?.alive && !(heldBy !== undefined && living.has(heldBy)),
    );
    return {
      partitions: missing.length === 0 ? "ok" : `${missing.length} of ${ours.length} partitions are not served yet`,
      ...(this.pools.check !== undefined && { pools: this.pools.check }),
      broker: this.health.check,
      store: this.#presence.check,
      membership: this.#replaced ? "another process has joined under this worker's id" : "ok",
    };
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
    await seed(owner.tenure, hosted, address, values);
  }

  /**
   * Hands all partitions over, a few at a time if others wait for them, and leaves the view.
   *
   * @returns who stays: whether a partition or a pool is, or may be, served by another worker
   */
  async stop(graceMs: number): Promise<(to: Destination) => boolean> {
    const { log, workerId, ports } = this.#services;
    const until = ports.clock.monotonic() + graceMs;
    this.#ownership.stopTaking(graceMs);
    this.health.close();
    try {
      // Without any time the leases that are given back say it.
      if (graceMs > 0 && this.#presence.view && !this.#replaced) await this.#sayGoodbye(graceMs);
    } catch (error) {
      log.warn({ err: error }, "the other workers could not be told that this one stops; they will find out");
    }
    // Turns may take longer to end than a lease lasts, so leases are renewed until the last partition is given up.
    await Promise.all([
      this.#ownership.leave((partition) => this.nextOwner(partition) !== undefined),
      this.pools.drain(until),
    ]);
    this.#stopped = true;
    await this.#services.alarms.stop();
    this.#quietTimer();
    this.#housekeeping.stop();
    this.#stopObserving();
    this.#stopResponding();
    await this.#presence.leave().catch(() => {});
    this.news.flush();
    const others = this.#presence.view?.members.some(({ id, state }) => id !== workerId && state !== "draining");
    return (to) => (!isPoolQueue(to) && this.#hosts(to) ? this.nextOwner(to) !== undefined : others === true);
  }

  nextOwner(partition: PartitionId): string | undefined {
    const owner = this.#placements.ownerOf(partition);
    return owner === this.#services.workerId ? undefined : owner;
  }

  newerHost(partition: PartitionId): string | undefined {
    const { view } = this.#presence;
    return view && this.#placements.newerHost(partition, view, this.#services.member.build);
  }

  /** O13: a message is not known here, but a worker with a newer build is there, and gets the partition. */
  passOn(partition: PartitionId, reason: string): boolean {
    const to = this.newerHost(partition);
    if (to === undefined) return false;
    const { log } = this.#services;
    log.warn({ partition, to, reason }, "too new for this build: the partition passes to a worker with a newer one");
    this.#placements.passOn(partition, to);
    this.#placeSoon();
    return true;
  }

  #hosts(partition: PartitionId): boolean {
    return this.#mailboxes.has(parsePartition(partition).mailbox);
  }

  /** Lets the others agree on who takes what this worker has. */
  async #sayGoodbye(graceMs: number): Promise<void> {
    const { clock } = this.#services.ports;
    let cancel: Cancel = () => {};
    const enough = new Promise<never>((_, reject) => {
      const silent = () => reject(new StoreUnavailableError("the store does not answer"));
      cancel = clock.after(Math.min(graceMs, goodbyeMs), silent);
    });
    const said = this.#presence.announce("draining").then(() => this.#placing.run());
    await Promise.race([said, enough]).finally(() => cancel());
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

  #seen(view: View): void {
    if (this.#stopped) return;
    if (view.version !== this.#seenVersion) {
      this.#seenVersion = view.version;
      this.#quietTimer();
      this.#quietTimer = this.#services.ports.clock.after(quietMs + marginMs, () => this.#placeSoon());
    }
    this.#placeSoon();
  }

  #hinted(change: Exclude<Change, { about: "view" }>): void {
    if (this.#stopped) return;
    if (change.about === "released") this.#ownership.released(change.lease);
    else if (this.#mailboxes.has(change.mailbox)) this.#placeSoon();
  }

  #placeSoon(): void {
    this.#placing.run().catch((error) => {
      if (!this.#stopped) this.#services.log.warn({ err: error }, "the placement could not be brought up to date");
    });
  }

  /** Agrees with the others on who owns what, and takes and gives up accordingly. */
  async #place(): Promise<void> {
    const { view, changedAt } = this.#presence;
    if (view === undefined || this.#stopped || this.#replaced) return;
    const { ports, workerId, log } = this.#services;
    const unchangedMs = ports.clock.monotonic() - changedAt;
    const balance = unchangedMs < quietMs ? "never" : unchangedMs < mixedMs ? "one-build" : "always";
    await this.#placements.update(view, balance);
    // Not waited for: a partition that takes long to open must not keep the others from moving.
    this.#taken = this.#ownership.assign((partition) => {
      const owner = this.#placements.ownerOf(partition);
      return owner === workerId ? "ours" : owner === undefined ? "nobody's" : "another's";
    });
    this.#taken.catch((error) => log.error({ err: error }, "a partition cannot be served"));
  }

  #retryNow(): void {
    for (const owner of this.#owners) owner.retryNow();
  }

  /** The broker went out of reach for long, or is back. */
  #able(able: boolean): void {
    this.#presence.announce(able ? "ready" : "unable").catch((error) => {
      this.#services.log.warn({ err: error }, "the other workers could not be told how this one is");
    });
  }

  /** Another process has this worker's id: what is left here would only take its partitions away from it. */
  #makeWay(replaced: boolean): void {
    this.#replaced = replaced;
    if (replaced) this.#ownership.abandon(new LostOwnershipError("another process has joined under this worker's id"));
  }
}
