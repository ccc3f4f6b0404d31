import { type Cancel, type Delivery, OverloadedError } from "@actor-runtime/core";
import type { Activation } from "./activation.js";
import type { Inbound } from "./inbound.js";
import { Parking } from "./parking.js";
import type { PartitionScope } from "./scope.js";

/** An actor that has had the same message in front for this long does not get on by itself. */
const slowMs = 50;
/** Nothing could be stored at so many looks in a row: what cannot be stored keeps the window full. */
const stuckLooks = 2;

/**
 * The frames a partition has taken and not acked. No turn holds them all (delivery.md O8): while the window is full, the
 * queue of every actor whose turn is older than 50 ms is stored. A full window is looked at every 50 ms; messages that come
 * for an actor found slow are stored as soon as they fill it again. Under mere load every front moves on, and nothing is
 * stored.
 */
export class Window {
  readonly #scope: PartitionScope;
  readonly #size: number;
  readonly #parking: Parking;
  readonly #slow = new Set<Activation>();
  /** When it was full the last time, in ms by the clock's `monotonic()`. */
  fullAt = Number.NEGATIVE_INFINITY;
  readonly #unacked = new Set<Delivery>();
  #timer: Cancel | undefined;
  #looksInVain = 0;
  #committedSeq = 0;

  /** @param size the prefetch: the most unacked frames */
  constructor(scope: PartitionScope, size: number) {
    this.#scope = scope;
    this.#size = size;
    this.#parking = new Parking(scope);
  }

  /** What comes again if this tenure ends now. */
  get unacked(): Iterable<Delivery> {
    return this.#unacked;
  }

  get full(): boolean {
    return this.#unacked.size >= this.#size;
  }

  took(delivery: Delivery): void {
    this.#unacked.add(delivery);
    if (this.full) this.fullAt = this.#scope.services.ports.clock.monotonic();
  }

  acked(delivery: Delivery): void {
    this.#unacked.delete(delivery);
  }

  /** To be called when a delivered frame was taken apart. */
  check(): void {
    if (!this.full || !this.#scope.alive) return;
    const now = this.#now();
    this.#forgetFast(now);
    if (!this.#stopped) for (const activation of this.#slow) this.#parking.park(activation);
    if (this.#timer !== undefined) return;
    for (const activation of this.#scope.activations) isSlow(activation, now);
    this.#lookLater();
  }

  close(): void {
    this.#timer?.();
  }

  #lookLater(): void {
    this.#timer = this.#scope.services.ports.clock.after(slowMs, () => {
      this.#timer = undefined;
      if (!this.#scope.alive) return;
      if (this.full) this.#look();
      else this.#forgetFast(this.#now());
    });
  }

  #look(): void {
    this.#lookLater();
    // Storing is a commit, too: it would free nothing.
    if (this.#scope.commits.unavailable || this.#stopped) return;
    const now = this.#now();
    this.#slow.clear();
    for (const activation of this.#scope.activations) if (isSlow(activation, now)) this.#slow.add(activation);
    this.#parking.count();
    let moved = false;
    for (const activation of this.#slow) moved = this.#parking.park(activation) || moved;
    const { commits } = this.#scope;
    // A slow commit keeps the window full, too.
    if (moved) this.#looksInVain = 0;
    else if (commits.idle || commits.committedSeq > this.#committedSeq) this.#looksInVain++;
    this.#committedSeq = commits.committedSeq;
    if (this.#looksInVain >= stuckLooks) this.#refuse();
  }

  /** Queries are never stored, and neither are erasures. */
  #refuse(): void {
    this.#looksInVain = 0;
    const { partition, scheduler } = this.#scope;
    const reason = new OverloadedError(`${partition} is full of messages for slow actors`, "partition", 1_000);
    for (const activation of this.#slow) {
      scheduler.refuseUnstorable(activation, reason);
      this.#parking.park(activation);
      scheduler.pump(activation);
    }
  }

  /** Nobody would gain from room: what waits for a paused or braked mailbox stays in its queue, which holds more. */
  get #stopped(): boolean {
    return this.#scope.services.brakes.stops(this.#scope.mailbox.name);
  }

  /** Those that got on, or left memory. */
  #forgetFast(now: number): void {
    for (const activation of this.#slow) {
      const same = this.#scope.activations.find(activation.address) === activation;
      if (!same || !isSlow(activation, now)) this.#slow.delete(activation);
    }
  }

  #now(): number {
    return Math.floor(this.#scope.services.ports.clock.monotonic());
  }
}

/** Whether its first message, or a query it runs, is the same as 50 ms ago. */
function isSlow(activation: Activation, now: number): boolean {
  const first = activation.running?.inbound ?? activation.head;
  let slow = first !== undefined && isOld(first, now);
  if (activation.queries !== undefined) {
    for (const { inbound } of activation.queries) if (inbound && isOld(inbound, now)) slow = true;
  }
  return slow;
}

/** Seen at an earlier look, at least 50 ms ago. */
function isOld(inbound: Inbound, now: number): boolean {
  if (inbound.inFrontSince < 0) inbound.inFrontSince = now;
  return now - inbound.inFrontSince >= slowMs;
}
