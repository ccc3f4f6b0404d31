import { type ActorError, type Message, parseAddress, partitionOf, WrongPartitionError } from "@actor-runtime/core";
import { isErasure } from "../system-handlers.js";
import type { Activation } from "./activation.js";
import { Inbound, type OpenDelivery } from "./inbound.js";
import { actorOverflow } from "./overflow.js";
import { tickIdentity } from "./reminder-list.js";
import type { PartitionScope } from "./scope.js";

/** Where messages go that the inbox has accepted: to their actors, into the store until their time, or back, refused (P13). */
export class Routing {
  readonly #scope: PartitionScope;

  constructor(scope: PartitionScope) {
    this.#scope = scope;
  }

  route(inbound: Inbound): void {
    const { message } = inbound;
    const { time } = this.#scope.services;
    // A live actor's address was checked when its first message came.
    const live = this.#scope.activations.find(message.to);
    const refusal = live ? this.#refuseForActor(live, message) : this.#refuse(message);
    if (refusal) {
      this.#scope.scheduler.refused(inbound, refusal);
    } else if (message.dueAt !== undefined && message.dueAt > time.now() && message.kind === "tell") {
      this.#keep(inbound, message.dueAt);
    } else if (live || this.#isHosted(message)) {
      this.#scope.recipients.enqueue(inbound);
    } else {
      this.#scope.foreign.take(inbound);
    }
  }

  /** What cannot be given to its actor now is dropped: its owner sends it again. */
  tick(open: OpenDelivery, message: Message): void {
    const { activations, ticks } = this.#scope;
    const live = activations.find(message.to);
    const identity = tickIdentity(message.tick!);
    const takes = live
      ? this.#refuseForActor(live, message) === undefined
      : this.#refuse(message) === undefined && this.#isHosted(message);
    if (takes && !ticks.drops(message.to, identity)) {
      this.#scope.recipients.enqueue(Inbound.tick(message, open, identity));
    } else {
      this.#scope.deliveries.settle(open);
    }
  }

  #isHosted({ to }: Message): boolean {
    return this.#scope.services.types.has(parseAddress(to).type);
  }

  #refuse(message: Message): ActorError | undefined {
    const { mailbox, index } = this.#scope;
    let key: string;
    try {
      ({ key } = parseAddress(message.to));
    } catch (error) {
      return error as ActorError;
    }
    const right = partitionOf(key, mailbox.partitions);
    if (right !== index) {
      return new WrongPartitionError(
        `${message.to} belongs to partition ${right} of ${mailbox.partitions}, not ${index}; sender and worker disagree on the partition count of "${mailbox.name}"`,
        { data: { partition: right, partitions: mailbox.partitions } },
      );
    }
    return undefined;
  }

  /** While nobody of the mailbox gets on, what comes stays within the window, so the bound of one actor need not count. */
  #refuseForActor({ queue, hosted }: Activation, message: Message): ActorError | undefined {
    const waiting = queue?.length ?? 0;
    if (waiting < hosted.bounds.maxWaitingPerActor || isErasure(message)) return undefined;
    if (this.#scope.services.brakes.stops(this.#scope.mailbox.name)) return undefined;
    return actorOverflow(message.to, waiting, hosted.metrics.meanTurnMs);
  }

  /** A delayed tell becomes a record of its partition at once, and its number is done. */
  #keep(inbound: Inbound, dueAt: number): void {
    const { delayed, scheduler, commits } = this.#scope;
    const { identity, attempts, message } = inbound;
    if (!delayed.has(message.to, identity)) {
      const kept = Inbound.parked(message, { identity, attempts, notBefore: dueAt });
      const refusal = delayed.keep(kept, commits.gathering);
      if (refusal !== undefined) {
        scheduler.refused(inbound, refusal);
        return;
      }
    }
    scheduler.stored(inbound);
  }
}
