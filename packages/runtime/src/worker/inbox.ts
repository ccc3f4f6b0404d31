import {
  ActorError,
  type Delivery,
  type InboundStream,
  isNumbered,
  type Message,
  type Segment,
  wireVersion,
} from "@actor-runtime/core";
import { Inbound, type OpenDelivery } from "./inbound.js";
import { Routing } from "./routing.js";
import type { PartitionScope } from "./scope.js";
import { passHole, streamOf } from "./sender-streams.js";
import { buryFrame } from "./unreadable-frame.js";
import { holeOf, linkOf, segmentOf, type Walk, walkOf } from "./walk.js";

/** Takes delivered frames apart: numbers are accepted, voided or held (delivery.md O1–O3), messages go to their actors. */
export class Inbox {
  readonly #scope: PartitionScope;
  readonly #routing: Routing;
  #held: Walk[] = [];
  /**
   * Streams that went on in this tenure with what nobody had before: their holes are none that a rewound store has left. Between
   * redeliveries there may be several of those, for what comes back are only the frames that were not acked.
   */
  readonly #goneOn = new WeakSet<InboundStream>();

  constructor(scope: PartitionScope) {
    this.#scope = scope;
    this.#routing = new Routing(scope);
  }

  /** How many deliveries wait for a missing message. */
  get held(): number {
    return this.#held.length;
  }

  deliver(delivery: Delivery): void {
    let walk: Walk | undefined;
    try {
      walk = walkOf(delivery);
    } catch (error) {
      const { v } = delivery.frame.headers;
      // Unsettled, it returns to its place in the queue.
      if (v > wireVersion && this.#scope.tooNew(`a frame is of wire version ${v}`)) return;
      buryFrame(this.#scope, delivery, error);
    }
    if (walk !== undefined) this.#walk(walk);
    if (this.#held.length > 0) this.#walkHeld();
  }

  /** What deliveries wait for that are held since this time or before. */
  holes(heldSince = Number.POSITIVE_INFINITY): string[] {
    return this.#held.filter((walk) => walk.heldSince! <= heldSince).map(holeOf);
  }

  /** O2: gives these holes up, and with each what held deliveries of its stream wait for below it, for it is part of it. */
  passHoles(holes: readonly string[]): void {
    const upTo = new Map<string, number>();
    for (const walk of this.#held) {
      const { stream } = segmentOf(walk);
      if (holes.includes(holeOf(walk))) upTo.set(stream, Math.max(upTo.get(stream) ?? 0, linkOf(walk)));
    }
    for (;;) {
      const given = this.#held.filter((walk) => linkOf(walk) <= (upTo.get(segmentOf(walk).stream) ?? -1));
      if (given.length === 0) return;
      // The lowest first: it may be all that the others wait for.
      const lowest = given.reduce((a, b) => (linkOf(b) < linkOf(a) ? b : a));
      passHole(this.#scope, lowest.stream as InboundStream, linkOf(lowest), "unknown");
      this.#walkHeld();
    }
  }

  #walkHeld(): void {
    let before: number;
    do {
      before = this.#held.length;
      const held = this.#held;
      this.#held = [];
      for (const walk of held) this.#walk(walk);
    } while (this.#held.length > 0 && this.#held.length < before);
    this.#scope.deliveries.holding(this.#held.length > 0);
  }

  #walk(walk: Walk): void {
    const { segments } = walk.delivery.frame.headers;
    while (walk.next < walk.messages.length) {
      const message = walk.messages[walk.next]!;
      if (!isNumbered(message.kind)) {
        this.#unnumbered(walk, message);
        walk.next++;
        continue;
      }
      const segment = segments[walk.segment]!;
      if (!this.#numbered(walk, segment, message)) {
        walk.heldSince ??= this.#now();
        walk.wasHeld = true;
        this.#held.push(walk);
        this.#scope.deliveries.holding(true);
        return;
      }
      walk.heldSince = undefined;
      walk.next++;
      if (++walk.used === segment.count) {
        walk.segment++;
        walk.used = 0;
        walk.stream = undefined;
      }
    }
    // Only now: a repeat in this very frame still needs the answer it repeats.
    for (const { stream, settled } of segments) {
      if (settled > 0) this.#scope.keptAnswers.settle(stream, settled, this.#scope.commits.gathering);
    }
    this.#scope.deliveries.settle(walk.open);
  }

  /** @returns whether the number was settled or accepted; `false`: held */
  #numbered(walk: Walk, segment: Segment, message: Message): boolean {
    walk.stream ??= streamOf(this.#scope, segment, walk.delivery);
    const { stream } = walk;
    const number = segment.first + walk.used;
    if (stream instanceof ActorError) {
      // It would be the last word of a stream that is none here.
      if (message.kind === "fin") this.#scope.deliveries.settle(walk.open);
      else this.#scope.scheduler.refused(Inbound.refused(message, walk.open, `${segment.stream}:${number}`), stream);
      return true;
    }
    const after = linkOf(walk);
    let acceptance = stream.accept(number, after);
    if (acceptance === "held" && this.#scope.passesHoles && !this.#goneOn.has(stream)) {
      passHole(this.#scope, stream, after, "rewound");
      walk.wasHeld = true;
      acceptance = stream.accept(number, after);
    }
    if (acceptance === "held") return false;
    if (acceptance === "duplicate") {
      this.#scope.services.ports.telemetry.count("actor.duplicates", 1);
      this.#scope.deliveries.settle(walk.open);
      return true;
    }
    if (this.#scope.passesHoles && !walk.delivery.redelivered) this.#goneOn.add(stream);
    if (message.kind === "fin") {
      this.#finish(stream, number, walk.open);
      return true;
    }
    // A repeat may have run in its place, in another stream even while it was held: it is looked up like a repeat of itself (O5).
    if (acceptance === "late" || walk.wasHeld) message = { ...message, of: message.of ?? `${stream.name}:${number}` };
    const inbound = Inbound.delivered(message, walk.open, stream, number);
    const { repeats } = inbound;
    if (repeats !== undefined) this.#scope.keptAnswers.repeatAccepted(repeats);
    this.#routing.route(inbound);
    return true;
  }

  /** S9: there is nothing to run, but the row must know. */
  #finish(stream: InboundStream, number: number, delivery: OpenDelivery): void {
    const { commits, streams } = this.#scope;
    stream.finish(number);
    streams.finished(stream, this.#now());
    commits.gathering.touch(stream);
    commits.gathering.deliveries.push(delivery);
    commits.commitSoon();
  }

  #unnumbered(walk: Walk, message: Message): void {
    if (message.kind === "query") {
      this.#routing.route(Inbound.delivered(message, walk.open, undefined, 0));
      return;
    }
    if (message.kind === "tick") {
      this.#routing.tick(walk.open, message);
      return;
    }
    // Told messages have no caller, so a cancellation without one must not match them.
    if (message.kind === "cancel" && message.replyTo !== undefined && message.call !== undefined) {
      this.#scope.scheduler.cancel(this.#scope.activations.find(message.to), message);
    }
    this.#scope.deliveries.settle(walk.open);
  }

  #now(): number {
    return this.#scope.services.ports.clock.monotonic();
  }
}
