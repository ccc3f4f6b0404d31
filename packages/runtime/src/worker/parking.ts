import { messageBytes } from "@actor-runtime/core";
import type { Activation } from "./activation.js";
import { storedText } from "./commit-group.js";
import type { Inbound } from "./inbound.js";
import { actorOverflow } from "./overflow.js";
import type { PartitionScope } from "./scope.js";
import { Settlement } from "./settlement.js";

/** Moves what waits for a slow actor into the store, so that its frames can be acked (delivery.md O7), within bounds (C.6). */
export class Parking {
  readonly #scope: PartitionScope;
  readonly #settlement: Settlement;
  /** Bytes stored in the partition, counted anew at every look. */
  #bytes = 0;
  #full = false;

  constructor(scope: PartitionScope) {
    this.#scope = scope;
    this.#settlement = new Settlement(scope);
  }

  /** Counts what is stored. Between two counts it is only added to, so the bound is never passed. */
  count(): void {
    this.#bytes = this.#scope.foreign.bytes;
    for (const { parked } of this.#scope.activations) this.#bytes += parked?.bytes ?? 0;
  }

  /**
   * Stores a prefix of what waits in memory for the actor, the message of its running turn first: the turn goes on, and its
   * own commit takes the entry off. Queries are not stored, so the prefix ends before one.
   *
   * @returns whether anything left memory
   */
  park(activation: Activation): boolean {
    const queue = activation.queue ?? [];
    const running = activation.running?.inbound;
    let moved = 0;
    // One whose answer is being looked up still stands in the queue.
    if (running !== undefined && !running.isParked && !running.timed && !queue.includes(running)) {
      if (!this.#store(activation, running, true)) return false;
      moved++;
    }
    // Those of timers stay, and let the others pass: they were sent by nobody.
    const ticks = queue.filter(({ timed }) => timed);
    const sent = ticks.length === 0 ? queue : queue.filter(({ timed }) => !timed);
    let taken = 0;
    while (taken < sent.length && sent[taken]!.message.kind !== "query" && this.#leave(activation, sent[taken]!)) {
      taken++;
    }
    if (taken === 0) return moved > 0;
    const left = [...ticks, ...sent.slice(taken)];
    activation.queue = left.length === 0 ? undefined : left;
    return true;
  }

  /** @returns whether it left memory: into the store or, beyond the actor's bound, refused in the same commit */
  #leave(activation: Activation, inbound: Inbound): boolean {
    const { bounds, metrics } = activation.hosted;
    const { maxStoredPerActor, maxStoredBytesPerActor } = bounds;
    const { entries, bytes } = activation.parked ?? { entries: [], bytes: 0 };
    if (entries.length < maxStoredPerActor && bytes < maxStoredBytesPerActor) {
      return this.#store(activation, inbound, false);
    }
    this.#settlement.refused(inbound, actorOverflow(activation.address, entries.length, metrics.meanTurnMs));
    return true;
  }

  /** @returns `false` when the partition's bound is reached: the window stays full, then the queue, and senders hear of it */
  #store(activation: Activation, inbound: Inbound, isRunning: boolean): boolean {
    const text = storedText(inbound, isRunning ? inbound.asSent : inbound.message);
    const bytes = messageBytes(text);
    const { limits, log } = this.#scope.services;
    const full = this.#bytes + bytes > limits.maxStoredBytes;
    if (full && !this.#full) {
      const { partition } = this.#scope;
      log.error({ partition, bytes: this.#bytes }, "too much is stored behind slow actors: nothing more is consumed");
    }
    this.#full = full;
    if (full) return false;
    this.#bytes += bytes;
    const { tracing } = this.#scope.services;
    if (tracing.on && !isRunning) tracing.parked(inbound);
    this.#settlement.stored(inbound);
    const { gathering } = this.#scope.commits;
    gathering.tally.add(activation.hosted.metrics.parked);
    gathering.parkLast(activation, inbound, text, bytes);
    return true;
  }
}
