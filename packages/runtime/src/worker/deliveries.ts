import { type Channel, type Delivery, LostOwnershipError } from "@actor-runtime/core";
import { Forgetting } from "./forgetting.js";
import { HoldWatch } from "./hold-watch.js";
import type { OpenDelivery } from "./inbound.js";
import { Inbox } from "./inbox.js";
import { Pulse } from "./pulse.js";
import type { DeliveredFrames, PartitionScope } from "./scope.js";
import { Window } from "./window.js";

/** What the mailbox of one partition delivers: frames go through the inbox, and are acked once all in them is settled. */
export class Deliveries implements DeliveredFrames {
  readonly #scope: PartitionScope;
  readonly #inbox: Inbox;
  readonly #window: Window;
  readonly #holdWatch: HoldWatch;
  readonly #pulse: Pulse;
  readonly #forgetting: Forgetting;
  #channel: Channel | undefined;
  /** What was settled before the channel was known. */
  readonly #earlyAcks: number[] = [];

  /**
   * @param prefetch the most unacked frames on its channel
   * @param wedged called when held deliveries fill the window, or waited in vain for the messages missing before them (O2):
   * with what they wait for, and with what was waited for as long as it may be
   */
  constructor(
    scope: PartitionScope,
    prefetch: number,
    wedged: (holes: readonly string[], overdue: readonly string[]) => void,
  ) {
    this.#scope = scope;
    this.#inbox = new Inbox(scope);
    this.#window = new Window(scope, prefetch);
    this.#pulse = new Pulse(scope);
    this.#forgetting = new Forgetting(scope, this.#window, this.#inbox);
    const { ports, limits } = scope.services;
    this.#holdWatch = new HoldWatch(this.#inbox, ports.clock, limits.holdMs, prefetch, (overdue) =>
      wedged(this.#inbox.holes(), overdue),
    );
  }

  /** None is held back. */
  get idle(): boolean {
    return this.#inbox.held === 0;
  }

  /** They come by this channel. */
  opened(channel: Channel): void {
    this.#channel = channel;
    for (const tag of this.#earlyAcks) channel.ack(tag);
  }

  deliver(delivery: Delivery): void {
    const { alive, services } = this.#scope;
    if (!alive) return;
    this.#pulse.heard();
    if (delivery.redelivered) services.ports.telemetry.count("actor.redeliveries", 1);
    this.#window.took(delivery);
    this.#inbox.deliver(delivery);
    this.#window.check();
  }

  settle(open: OpenDelivery): void {
    if (--open.open > 0) return;
    const { delivery } = open;
    this.#window.acked(delivery);
    if (this.#channel) this.#channel.ack(delivery.tag);
    else this.#earlyAcks.push(delivery.tag);
  }

  holding(held: boolean): void {
    if (held && this.#scope.alive) this.#holdWatch.watch();
    else this.#holdWatch.stop();
  }

  leaseRenewed(): void {
    this.#holdWatch.leaseRenewed();
  }

  /** The broker or the store has lost a confirmed message: what was held for it goes on (O2). */
  passHoles(holes: readonly string[]): void {
    this.#inbox.passHoles(holes);
    this.#scope.commits.commitSoon();
  }

  /**
   * Forgets senders that were silent for long (A.8), and looks whether the queue has stopped delivering; to be called every
   * second or so.
   *
   * @param now in ms by the clock's `monotonic()`
   */
  look(now: number): void {
    if (this.#channel === undefined) return;
    this.#forgetting.look(now);
    // While the window is full nothing is meant to come.
    if (this.#window.full || !this.#pulse.isLost()) return;
    this.#scope.lose(new LostOwnershipError(`${this.#scope.partition}: its queue delivers nothing any more`));
  }

  /** The channel is closed, never just cancelled: its unacked frames return in order. */
  async close(): Promise<void> {
    this.#holdWatch.stop();
    this.#window.close();
    await this.#channel?.close();
  }
}
