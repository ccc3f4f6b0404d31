import { createHash } from "node:crypto";
import {
  ActorError,
  type Delivery,
  type InboundStream,
  isNumbered,
  type Message,
  messageBytes,
  parseAddress,
  partitionOf,
  refusalText,
  type Segment,
  WrongPartitionError,
  wireVersion,
} from "@actor-runtime/core";
import { isErasure } from "../system-handlers.js";
import type { Activation } from "./activation.js";
import { deadFrameText } from "./dead-letter.js";
import { Inbound, type OpenDelivery } from "./inbound.js";
import { actorOverflow } from "./overflow.js";
import { tickIdentity } from "./reminder-list.js";
import type { PartitionScope } from "./scope.js";
import { holeOf, linkOf, segmentOf, type Walk, walkOf } from "./walk.js";

/** More messages of one outbox are not lost between two takeovers of its partition, and fewer µs do not lie between them. */
const longestDenseHole = 100_000;

/** Takes delivered frames apart: numbers are accepted, voided or held (delivery.md O1–O3), messages go to their actors. */
export class Inbox {
  readonly #scope: PartitionScope;
  #held: Walk[] = [];
  /**
   * Streams that went on in this tenure with what nobody had before: their holes are none that a rewound store has left. Between
   * redeliveries there may be several of those, for what comes back are only the frames that were not acked.
   */
  readonly #goneOn = new WeakSet<InboundStream>();

  constructor(scope: PartitionScope) {
    this.#scope = scope;
  }

  /** How many deliveries wait for a missing message. */
  get held(): number {
    return this.#held.length;
  }

  deliver(delivery: Delivery): void {
    let walk: Walk;
    try {
      walk = walkOf(delivery);
    } catch (error) {
      const { v } = delivery.frame.headers;
      // Unsettled, it returns to its place in the queue.
      if (v > wireVersion && this.#scope.tooNew(`a frame is of wire version ${v}`)) return;
      this.#bury(delivery, error);
      return;
    }
    this.#walk(walk);
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
      this.#passHole(lowest.stream as InboundStream, linkOf(lowest), "unknown");
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
    walk.stream ??= this.#streamOf(segment, walk.delivery);
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
      this.#passHole(stream, after, "rewound");
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
    this.#route(inbound);
    return true;
  }

  /** O3. The sender hears of a refusal with the commit, once per segment. */
  #streamOf({ stream: name }: Segment, { frame }: Delivery): InboundStream | ActorError {
    const { streams, services, partition, commits } = this.#scope;
    const known = streams.find(name);
    if (known !== undefined) {
      streams.heard(known, this.#now());
      return known;
    }
    const storeTime = services.time.now();
    const refusal = streams.refusal(name, storeTime);
    if (refusal === undefined) return streams.open(name, this.#now());
    services.log.warn({ partition, stream: name, code: refusal.code }, refusal.message);
    services.ports.telemetry.count("stream.refused", 1, { code: refusal.code });
    const { replyTo } = frame.headers;
    if (replyTo !== undefined) {
      const { gathering } = commits;
      gathering.replies.push({ to: replyTo, text: refusalText({ stream: name, storeTime }) });
      gathering.mustWrite = true;
      commits.commitSoon();
    }
    return refusal;
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
      this.#route(Inbound.delivered(message, walk.open, undefined, 0));
      return;
    }
    if (message.kind === "tick") {
      this.#tick(walk.open, message);
      return;
    }
    // Told messages have no caller, so a cancellation without one must not match them.
    if (message.kind === "cancel" && message.replyTo !== undefined && message.call !== undefined) {
      this.#scope.scheduler.cancel(this.#scope.activations.find(message.to), message);
    }
    this.#scope.deliveries.settle(walk.open);
  }

  /** What cannot be given to its actor now is dropped: its owner sends it again. */
  #tick(open: OpenDelivery, message: Message): void {
    const { activations, ticks } = this.#scope;
    const live = activations.find(message.to);
    const identity = tickIdentity(message.tick!);
    const takes = live
      ? this.#refuseForActor(live, message) === undefined
      : this.#refuse(message) === undefined && this.#isHosted(message);
    if (takes && !ticks.isWaiting(message.to, identity))
      this.#scope.recipients.enqueue(Inbound.tick(message, open, identity));
    else this.#scope.deliveries.settle(open);
  }

  /** Hands a message to its actor, or refuses it (P13). */
  #route(inbound: Inbound): void {
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

  /** O12: every number of an undecodable frame is applied, and the frame goes whole to the dead letters. */
  #bury(delivery: Delivery, cause: unknown): void {
    const { commits, mailbox, outbox, partition, services } = this.#scope;
    const { gathering } = commits;
    const { segments } = delivery.frame.headers;
    let fresh = segments.length === 0;
    for (const segment of segments) {
      const { first, count, after } = segment;
      const stream = this.#streamOf(segment, delivery);
      if (stream instanceof ActorError) {
        fresh = true;
        continue;
      }
      fresh = stream.bury(first, first + count - 1, after) || fresh;
      gathering.touch(stream);
    }
    if (fresh) {
      const first = segments[0];
      // Without a number its bytes are all that a redelivery has in common with it.
      const id = first ? `${first.stream}:${first.first}` : `${partition}:${digestOf(delivery.frame.body)}`;
      const text = deadFrameText(mailbox.name, id, delivery.frame, cause, services.time.now());
      gathering.out.push(outbox.draft(`dead:${mailbox.name}`, text, messageBytes(text)));
      gathering.tally.add(services.metrics.typeOf("").deadLetters);
      services.log.error({ partition, err: cause }, "a frame could not be decoded and went to the dead letters");
    }
    gathering.deliveries.push({ delivery, open: 1 });
    gathering.mustWrite = true;
    commits.commitSoon();
    if (this.#held.length > 0) this.#walkHeld();
  }

  #passHole(stream: InboundStream, upTo: number, cause: "rewound" | "unknown"): void {
    const { commits, streams, partition, services } = this.#scope;
    const { log, ports } = services;
    for (const [from, to] of stream.passHoles(upTo)) {
      const { messages, atLeast } = holeSize(stream, from, to);
      ports.telemetry.count("stream.gap_messages", messages, { cause });
      log.error(
        { partition, stream: stream.name, from, to, messages, atLeast, cause },
        "messages are missing in a sender's stream; later ones go on, a late copy still counts",
      );
    }
    streams.passed(stream, this.#now());
    commits.gathering.touch(stream);
  }

  #now(): number {
    return this.#scope.services.ports.clock.monotonic();
  }
}

/**
 * How many messages a hole has. Numbers of an outbox jump to the time in µs with each takeover of their source (S2), so in a
 * big hole of one most were never given.
 */
function holeSize({ openedAt }: InboundStream, from: number, to: number): { messages: number; atLeast: boolean } {
  const numbers = to - from + 1;
  const atLeast = openedAt === undefined && numbers > longestDenseHole;
  return { messages: atLeast ? 1 : numbers, atLeast };
}

function digestOf(body: Uint8Array): string {
  return createHash("sha256").update(body).digest("hex").slice(0, 16);
}
