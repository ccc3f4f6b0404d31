import {
  type ActorError,
  type Cancel,
  ConfigError,
  type Lease,
  LostOwnershipError,
  type Mailbox,
  type PartitionId,
  type PartitionImage,
  retryDelayMs,
} from "@actor-runtime/core";
import type { WorkerServices } from "./services.js";
import { Tenure, type TenureHost } from "./tenure.js";

/** A frame has at most this size, so prefetch in frames bounds memory in bytes. */
const frameBytes = 256 * 1024;
const backoff = { firstMs: 50, maxMs: 5_000 };

/** Keeps one partition: takes it, serves it, and takes it anew whenever it is lost, until told to stop. */
export class PartitionOwner implements TenureHost {
  readonly partition: PartitionId;
  readonly #services: WorkerServices;
  readonly #mailbox: Mailbox;
  readonly #index: number;
  readonly #partitions: number;
  #tenure: Tenure | undefined;
  /** Holes for which the channel was opened anew. */
  #reopenedFor: ReadonlySet<string> = new Set();
  #failures = 0;
  #incarnation: string;
  #stopped = false;
  #taking: Promise<void> = Promise.resolve();

  /** @param partitions how many this worker owns in all: they share its memory for unsettled frames */
  constructor(services: WorkerServices, mailbox: Mailbox, partition: PartitionId, index: number, partitions: number) {
    this.#services = services;
    this.#mailbox = mailbox;
    this.partition = partition;
    this.#index = index;
    this.#partitions = partitions;
    this.#incarnation = services.incarnation;
  }

  get tenure(): Tenure | undefined {
    return this.#tenure;
  }

  /** Takes the partition for the first time. @throws ConfigError when it can never be served */
  start(): Promise<void> {
    this.#taking = this.#take();
    return this.#taking;
  }

  lost(reason: ActorError): void {
    this.#services.log.warn({ partition: this.partition, reason: reason.message }, "partition lost; taking it anew");
    this.#services.ports.telemetry.count("actor.partitions_lost", 1);
    this.#takeLater();
  }

  /** Drops what is in memory without giving anything up, as a crash would, and takes the partition anew at once. */
  async crash(reason: ActorError): Promise<void> {
    const tenure = this.#tenure;
    if (!tenure?.alive) return;
    await tenure.end(reason);
    this.#incarnation = this.#services.ports.random.id();
    this.#tenure = undefined;
    this.#taking = this.#take();
    await this.#taking;
  }

  /** O2: first the channel is opened anew, in a new tenure; a hole that is still there after as long again is given up. */
  wedged(tenure: Tenure, holes: readonly string[], overdue: readonly string[]): void {
    const given = overdue.filter((hole) => this.#reopenedFor.has(hole));
    if (given.length > 0) {
      tenure.passHoles(given);
      return;
    }
    // The window is full of what the channel was opened anew for: it has to wait for its time.
    if (overdue.length === 0 && holes.some((hole) => this.#reopenedFor.has(hole))) return;
    this.#reopenedFor = new Set(holes);
    tenure.lose(new LostOwnershipError(`${this.partition}: a delivery waits for a message that does not come`));
  }

  /** Gives the partition up: running turns may end within the grace, the lease goes back (delivery.md T4). */
  async stop(graceMs: number): Promise<void> {
    this.#stopped = true;
    await this.#taking.catch(() => {});
    const tenure = this.#tenure;
    if (!tenure) return;
    // It stays in sight while it drains, so that its lease goes on being renewed.
    await tenure.drain(graceMs);
    this.#tenure = undefined;
    await this.#services.ports.leases.release(tenure.lease).catch((error) => {
      this.#services.log.warn(
        { partition: this.partition, err: error },
        "the lease could not be released; it ends by itself",
      );
    });
  }

  async #take(): Promise<void> {
    const { ports, workerId, limits } = this.#services;
    try {
      const acquired = await ports.leases.acquire(this.partition, workerId, limits.leaseMs);
      if (!("lease" in acquired)) {
        this.#takeLater(acquired.remainingMs);
        return;
      }
      await this.#serve(acquired.lease);
      this.#failures = 0;
    } catch (error) {
      if (error instanceof ConfigError) throw error;
      this.#failures++;
      this.#services.log.warn({ partition: this.partition, err: error }, "partition could not be taken; trying again");
      this.#takeLater();
    }
  }

  /** T1–T3: the fence is taken; only now load, then relay the outbox, then consume. */
  async #serve(acquired: Lease): Promise<void> {
    const { ports } = this.#services;
    const { lease, image } = await this.#load(acquired);
    if (this.#stopped) {
      await ports.leases.release(lease);
      return;
    }
    const prefetch = this.#prefetch();
    const taken = { lease, image, prefetch, incarnation: this.#incarnation };
    const tenure = new Tenure(this.#services, this, this.#mailbox, this.partition, this.#index, taken);
    this.#tenure = tenure;
    try {
      const channel = await ports.broker.consume(this.#mailbox, this.partition, prefetch, {
        deliver: (delivery) => tenure.deliver(delivery),
        lost: (reason) => tenure.lose(new LostOwnershipError(`the channel was lost: ${reason.message}`)),
      });
      if (tenure.alive) tenure.consume(channel);
      else await channel.close();
    } catch (error) {
      // Lost while it waited for its channel: it is being taken anew already, and must not be a second time.
      if (!tenure.alive) return;
      // What waits for its time would run on in a tenure that nobody ends.
      await tenure.end(new LostOwnershipError(`${this.partition} could not be consumed`, { cause: error }));
      throw error;
    }
  }

  /** A big partition may take longer to read than a lease lasts. */
  async #load(acquired: Lease): Promise<{ lease: Lease; image: PartitionImage }> {
    const { ports, limits } = this.#services;
    let lease = acquired;
    let cancel: Cancel;
    const renewLater = () => {
      cancel = ports.clock.after(limits.leaseMs / 3, () => {
        renewLater();
        ports.leases.renew([{ lease }], limits.leaseMs).then(
          ([renewed]) => {
            if (renewed && "lease" in renewed) lease = renewed.lease;
          },
          // Lost or not, the store says so at the end.
          () => {},
        );
      });
    };
    renewLater();
    try {
      const image = await ports.store.load(this.partition, lease);
      return { lease, image };
    } finally {
      cancel!();
    }
  }

  #prefetch(): number {
    const share = this.#services.limits.maxUnsettledBytes / this.#partitions / frameBytes;
    return Math.min(256, Math.max(4, Math.floor(share)));
  }

  #takeLater(atLeastMs = 0): void {
    this.#tenure = undefined;
    if (this.#stopped) return;
    const { clock, random } = this.#services.ports;
    const delayMs = Math.max(atLeastMs, retryDelayMs(this.#failures + 1, backoff, random.next()));
    clock.after(delayMs, () => {
      if (this.#stopped) return;
      this.#taking = this.#take().catch((error) => this.#services.log.error({ err: error }, "partition given up"));
    });
  }
}
