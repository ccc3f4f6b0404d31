import type { Cancel, LostOwnershipError, PartitionId } from "@actor-runtime/core";
import type { PartitionOwner } from "./partition-owner.js";

/** The share of a worker's partitions that may be in handoff at a time. */
const share = 0.1;
/** A handoff that takes longer waits for a turn, and no longer keeps the others waiting. */
const slowMs = 250;

export interface OwnershipOptions {
  /** One for each partition of the worker's mailboxes. */
  readonly owners: readonly PartitionOwner[];
  /** How long running turns may go on in a partition that moves. */
  readonly graceMs: number;
  after(ms: number, task: () => void): Cancel;
  now(): number;
  failed(error: unknown): void;
}

/** Takes the partitions that belong to this worker and gives up the others, a few at a time. */
export class Ownership {
  readonly #options: OwnershipOptions;
  readonly #byPartition: ReadonlyMap<PartitionId, PartitionOwner>;
  /** To be given up, in this order. */
  #leaving: PartitionOwner[] = [];
  #inHandoff = 0;
  /** When this worker has to be done, once it stops; by the clock's `monotonic()`. */
  #until: number | undefined;
  #done: (() => void) | undefined;
  #closed = false;

  constructor(options: OwnershipOptions) {
    this.#options = options;
    this.#byPartition = new Map(options.owners.map((owner) => [owner.partition, owner]));
  }

  /**
   * Brings what this worker serves in line with what belongs to it; resolves after the first attempt to take each. What
   * belongs to nobody is kept, for nobody waits for it.
   *
   * @throws ConfigError when a partition can never be served
   */
  async assign(whose: (partition: PartitionId) => "ours" | "another's" | "nobody's"): Promise<void> {
    if (this.#closed) return;
    const takes: Promise<void>[] = [];
    const leaving: PartitionOwner[] = [];
    for (const owner of this.#options.owners) {
      const belongs = whose(owner.partition);
      if (belongs === "ours") {
        if (this.#until === undefined) takes.push(owner.take());
      } else if (belongs === "another's" && owner.wanted) {
        leaving.push(owner);
      }
    }
    this.#leaving = leaving;
    this.#giveUpNext();
    await Promise.all(takes);
  }

  /** The lease of a partition was given back. */
  released(partition: PartitionId): void {
    this.#byPartition.get(partition)?.released();
  }

  /** Takes nothing any more; what `assign` finds to be others' leaves within this time. */
  stopTaking(graceMs: number): void {
    this.#until = this.#options.now() + graceMs;
  }

  /** Gives up all that is left, at once if nobody waits for it; resolves when nothing is held. */
  async leave(awaited: (partition: PartitionId) => boolean): Promise<void> {
    const held = this.#options.owners.filter(({ wanted }) => wanted);
    this.#leaving = held.filter(({ partition }) => awaited(partition));
    const alone = held.filter(({ partition }) => !awaited(partition));
    await Promise.all([this.#handedOver(), ...alone.map((owner) => owner.giveUp(this.#remainingMs()))]);
    this.#closed = true;
    // Those that were being given up before this was called.
    await Promise.all(this.#options.owners.map((owner) => owner.giveUp(this.#remainingMs())));
  }

  /** Drops everything at once: it belongs to somebody else. */
  abandon(reason: LostOwnershipError): void {
    this.#leaving = [];
    for (const owner of this.#options.owners) owner.abandon(reason);
  }

  #handedOver(): Promise<void> {
    return new Promise((resolve) => {
      this.#done = resolve;
      this.#giveUpNext();
    });
  }

  #giveUpNext(): void {
    const held = this.#options.owners.filter(({ tenure }) => tenure !== undefined).length;
    const most = Math.max(1, Math.ceil(held * share));
    while (this.#leaving.length > 0 && this.#inHandoff < most) this.#handOver(this.#leaving.shift()!);
    if (this.#leaving.length === 0 && this.#inHandoff === 0) this.#done?.();
  }

  #handOver(owner: PartitionOwner): void {
    this.#inHandoff++;
    let counted = true;
    const over = () => {
      if (!counted) return;
      counted = false;
      this.#inHandoff--;
      this.#giveUpNext();
    };
    const cancel = this.#options.after(slowMs, over);
    const graceMs = Math.min(this.#options.graceMs, this.#remainingMs());
    owner
      .giveUp(graceMs)
      .catch((error: unknown) => this.#options.failed(error))
      .finally(() => {
        cancel();
        over();
      });
  }

  #remainingMs(): number {
    if (this.#until === undefined) return Number.POSITIVE_INFINITY;
    return Math.max(0, this.#until - this.#options.now());
  }
}
