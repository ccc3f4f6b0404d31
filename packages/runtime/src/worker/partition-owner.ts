import {
  type ActorError,
  attributes,
  type Cancel,
  ConfigError,
  type Lease,
  LostOwnershipError,
  type Mailbox,
  type PartitionId,
  retryDelayMs,
  type Span,
} from "@actor-runtime/core";
import type { MailboxMetrics } from "../metrics/mailbox-metrics.js";
import type { BrokerHealth } from "./broker-health.js";
import { drain } from "./drain.js";
import type { PartitionLog } from "./partition-log.js";
import type { WorkerServices } from "./services.js";
import { consumeSoon, loadHeld } from "./taking.js";
import { Tenure, type TenureHost } from "./tenure.js";

/** A frame has at most this size, so prefetch in frames bounds memory in bytes. */
const frameBytes = 256 * 1024;
const backoff = { firstMs: 50, maxMs: 5_000 };
/** Whoever gives a partition up says so; should that word be lost, it is found free after this long. */
const lookAgainMs = 500;
/** How long a partition that was too new for this worker is left to others (delivery.md O13). */
const abstainMs = 30_000;

/** What the partitions of a worker share. */
export interface PartitionHost {
  readonly health: BrokerHealth;
  readonly news: PartitionLog;
  /** Id of another worker that should own the partition by now. */
  nextOwner(partition: PartitionId): string | undefined;
  /** Id of a worker that may serve the partition with a newer build. */
  newerHost(partition: PartitionId): string | undefined;
  /** Passes a partition that is too new for this worker on to one with a newer build; `false`: there is none. */
  passOn(partition: PartitionId, reason: string): boolean;
}

/**
 * One partition as this worker sees it: while it is wanted, it is taken, served, and taken anew whenever it is lost; while it
 * is not, others may have it.
 */
export class PartitionOwner implements TenureHost {
  readonly partition: PartitionId;
  readonly #services: WorkerServices;
  readonly #metrics: MailboxMetrics;
  readonly #host: PartitionHost;
  readonly #mailbox: Mailbox;
  readonly #index: number;
  readonly #prefetch: number;
  #tenure: Tenure | undefined;
  /** Of the tenure that was lost last. It may be valid still, and keep the partition from others. */
  #lostLease: Lease | undefined;
  /** Who had the lease when it was asked for last. */
  #waitedFor: string | undefined;
  /** It could not be taken, and that was said. */
  #troubled = false;
  /** Holes for which the channel was opened anew. */
  #reopenedFor: ReadonlySet<string> = new Set();
  #failures = 0;
  /** How often word of a release came: it may pass the answer that the lease is held. */
  #releases = 0;
  #abstainsUntil = Number.NEGATIVE_INFINITY;
  #incarnation: string;
  #wanted = false;
  #taking: Promise<void> | undefined;
  #leaving: Promise<void> | undefined;
  /** Until when running turns may go on while it is given up, by the clock's `monotonic()`. */
  #graceUntil = Number.POSITIVE_INFINITY;
  #retry: { readonly cancel: Cancel; readonly heldBy: string | undefined } | undefined;

  /** @param partitions how many this worker may come to own in all: they share its memory for unsettled frames */
  constructor(
    services: WorkerServices,
    host: PartitionHost,
    mailbox: Mailbox,
    partition: PartitionId,
    index: number,
    partitions: number,
  ) {
    this.#services = services;
    this.#metrics = services.metrics.mailbox(mailbox.name);
    this.#host = host;
    this.#mailbox = mailbox;
    this.partition = partition;
    this.#index = index;
    this.#incarnation = services.incarnation;
    const share = services.limits.maxUnsettledBytes / partitions / frameBytes;
    this.#prefetch = Math.min(256, Math.max(4, Math.floor(share)));
  }

  get tenure(): Tenure | undefined {
    return this.#tenure;
  }

  /** It belongs to this worker, which serves it or tries to. */
  get wanted(): boolean {
    return this.#wanted;
  }

  /** Id of the worker whose lease is waited for. */
  get heldBy(): string | undefined {
    return this.#retry?.heldBy;
  }

  /**
   * Takes the partition, now or as soon as its holder lets it go; resolves after the first attempt.
   *
   * @throws ConfigError when it can never be served
   */
  async take(): Promise<void> {
    if (!this.#wanted && this.#abstains) {
      // It came back because the worker it went to has left: nobody would serve it until the time is over.
      this.#host.passOn(this.partition, "it was so a moment ago");
      return;
    }
    this.#wanted = true;
    await this.#leaving;
    if (!this.#wanted) return;
    if (this.#tenure === undefined && this.#taking === undefined && this.#retry === undefined) void this.#takeNow();
    await this.#taking;
  }

  /** The lease was given back by whoever had it. */
  released(): void {
    this.#releases++;
    if (this.#retry?.heldBy === undefined) return;
    this.#retryIn(0, this.#retry.heldBy);
  }

  /** What kept this worker from taking its partitions may be over: no more waiting. */
  retryNow(): void {
    if (this.#retry !== undefined && this.#retry.heldBy === undefined) this.#retryIn(0);
  }

  /** Gives the partition up: running turns may end within the grace, the lease goes back (delivery.md T4). */
  giveUp(graceMs: number): Promise<void> {
    this.#wanted = false;
    this.#retry?.cancel();
    this.#retry = undefined;
    this.#graceUntil = Math.min(this.#graceUntil, this.#services.ports.clock.monotonic() + graceMs);
    this.#leaving ??= this.#leave().finally(() => {
      this.#leaving = undefined;
      this.#graceUntil = Number.POSITIVE_INFINITY;
    });
    return this.#leaving;
  }

  lost(reason: ActorError): void {
    this.#host.news.lost(this.partition, reason.message);
    this.#metrics.lost();
    this.#lostLease = this.#tenure?.lease;
    this.#tenure = undefined;
    this.#failed();
  }

  tooNew(reason: string): boolean {
    // It is being given up already.
    if (!this.#wanted) return true;
    if (!this.#host.passOn(this.partition, reason)) return false;
    this.#abstainsUntil = this.#services.ports.clock.monotonic() + abstainMs;
    void this.giveUp(this.#services.limits.handoffGraceMs);
    return true;
  }

  get outdated(): boolean {
    return this.#host.newerHost(this.partition) !== undefined;
  }

  /** Drops what is in memory without giving anything up, as a crash would, and takes the partition anew at once. */
  async crash(reason: ActorError): Promise<void> {
    const tenure = this.#tenure;
    if (!tenure?.alive) return;
    await tenure.end(reason);
    this.#incarnation = this.#services.ports.random.id();
    this.#tenure = undefined;
    await this.#takeNow();
  }

  /** Drops what is in memory and wants it no more; the lease ends by itself, or belongs to somebody else already. */
  abandon(reason: ActorError): void {
    this.#wanted = false;
    this.#retry?.cancel();
    this.#retry = undefined;
    const tenure = this.#tenure;
    this.#tenure = undefined;
    void tenure?.end(reason);
  }

  /** O2: first the channel is opened anew, in a new tenure; a hole that is still there after as long again is given up. */
  wedged(tenure: Tenure, holes: readonly string[], overdue: readonly string[]): void {
    const given = overdue.filter((hole) => this.#reopenedFor.has(hole));
    if (given.length > 0) {
      tenure.deliveries.passHoles(given);
      return;
    }
    // The window is full of what the channel was opened anew for: it has to wait for its time.
    if (overdue.length === 0 && holes.some((hole) => this.#reopenedFor.has(hole))) return;
    this.#reopenedFor = new Set(holes);
    tenure.lose(new LostOwnershipError(`${this.partition}: a delivery waits for a message that does not come`));
  }

  /** Only as long as there is somebody who may know better. */
  get #abstains(): boolean {
    if (this.#services.ports.clock.monotonic() >= this.#abstainsUntil) return false;
    return this.#host.newerHost(this.partition) !== undefined;
  }

  async #leave(): Promise<void> {
    await this.#taking?.catch(() => {});
    const { clock } = this.#services.ports;
    const beganAt = clock.monotonic();
    const tenure = this.#tenure;
    if (!tenure) {
      // Its channel is gone, but nobody else can take the partition while the lease lasts.
      const lease = this.#lostLease;
      this.#lostLease = undefined;
      if (lease && clock.monotonic() < lease.until) await this.#release(lease);
      return;
    }
    const { tracing } = this.#services;
    const span = tracing.move("hand over", this.partition);
    await tracing.follow(span, () => this.#handOver(tenure, span));
    this.#metrics.released(beganAt);
    this.#host.news.handedOver(this.partition, this.#host.nextOwner(this.partition), beganAt);
  }

  async #handOver(tenure: Tenure, span: Span | undefined): Promise<void> {
    // It stays in sight while it drains, so that its lease goes on being renewed.
    await drain(tenure, () => this.#graceUntil);
    span?.event("drained");
    if (this.#tenure === tenure) this.#tenure = undefined;
    this.#lostLease = undefined;
    await this.#release(tenure.lease);
  }

  /** An earlier attempt may still wait for its channel, in a tenure that was lost meanwhile. */
  #takeNow(): Promise<void> {
    const taking = this.#take().finally(() => {
      if (this.#taking === taking) this.#taking = undefined;
    });
    this.#taking = taking;
    return taking;
  }

  async #take(): Promise<void> {
    const { ports, workerId, limits } = this.#services;
    const releases = this.#releases;
    try {
      const acquired = await ports.leases.acquire(this.partition, workerId, limits.leaseMs);
      if ("lease" in acquired) {
        this.#lostLease = undefined;
        await this.#serve(acquired.lease);
        this.#failures = 0;
      } else {
        const { heldBy, remainingMs } = acquired;
        this.#waitedFor = heldBy;
        this.#retryIn(releases < this.#releases ? 0 : Math.min(remainingMs, lookAgainMs), heldBy);
      }
    } catch (error) {
      if (error instanceof ConfigError) throw error;
      // Once: what keeps it may last for long.
      if (!this.#troubled) this.#host.news.failed(this.partition, error);
      this.#troubled = true;
      this.#failed();
    }
  }

  /** T1–T3: the fence is taken; only now load, then relay the outbox, then consume. */
  async #serve(acquired: Lease): Promise<void> {
    const { tracing } = this.#services;
    const span = tracing.move("take over", this.partition);
    await tracing.follow(span, () => this.#open(acquired, span));
  }

  async #open(acquired: Lease, span: Span | undefined): Promise<void> {
    const { ports, limits } = this.#services;
    const leasedAt = ports.clock.monotonic();
    const { lease, image } = await loadHeld(ports, this.partition, acquired, limits.leaseMs);
    span?.event("loaded", { [attributes.commitSeq]: image.seq });
    if (!this.#wanted) {
      await this.#release(lease);
      return;
    }
    const takeover = span?.headers;
    const taken = { lease, image, prefetch: this.#prefetch, incarnation: this.#incarnation, takeover };
    const tenure = new Tenure(this.#services, this, this.#mailbox, this.partition, this.#index, taken);
    this.#tenure = tenure;
    try {
      const channel = await consumeSoon(ports, this.#mailbox, this.partition, this.#prefetch, {
        deliver: (delivery) => tenure.deliveries.deliver(delivery),
        lost: (reason) => tenure.lose(new LostOwnershipError(`the channel was lost: ${reason.message}`)),
      });
      this.#host.health.worked();
      if (tenure.alive) {
        tenure.consume(channel);
        this.#served(leasedAt);
      } else {
        await channel.close();
      }
    } catch (error) {
      this.#host.health.failed(error);
      // Lost while it waited for its channel: it is being taken anew already, and must not be a second time.
      if (!tenure.alive) return;
      // What waits for its time would run on in a tenure that nobody ends.
      await tenure.end(new LostOwnershipError(`${this.partition} could not be consumed`, { cause: error }));
      this.#tenure = undefined;
      // Somebody else may reach the broker.
      await this.#release(lease);
      throw error;
    }
  }

  #served(leasedAt: number): void {
    this.#metrics.taken(leasedAt);
    this.#host.news.taken(this.partition, this.#waitedFor);
    this.#waitedFor = undefined;
    this.#troubled = false;
  }

  async #release(lease: Lease): Promise<void> {
    try {
      await this.#services.ports.leases.release(lease);
    } catch (error) {
      this.#host.news.unreleased(this.partition, error);
    }
  }

  /** Tries again later, and later each time it fails in a row. */
  #failed(): void {
    const delayMs = retryDelayMs(this.#failures + 1, backoff, this.#services.ports.random.next());
    this.#failures++;
    this.#retryIn(delayMs);
  }

  /** @param heldBy who has it: word of its release is worth an attempt at once */
  #retryIn(ms: number, heldBy?: string): void {
    this.#retry?.cancel();
    this.#retry = undefined;
    if (!this.#wanted) return;
    const cancel = this.#services.ports.clock.after(ms, () => {
      this.#retry = undefined;
      if (!this.#wanted) return;
      this.#takeNow().catch((error) => this.#services.log.error({ err: error }, "partition given up"));
    });
    this.#retry = { cancel, heldBy };
  }
}
