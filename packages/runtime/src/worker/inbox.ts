import {
  type ActorError,
  answerKey,
  type Delivery,
  type Message,
  messageBytes,
  OverloadedError,
  parseAddress,
  parseMessages,
  partitionOf,
  type Segment,
  UnknownTypeError,
  WrongPartitionError,
} from "@actor-runtime/core";
import { isErasure } from "../system-handlers.js";
import { deadFrameText } from "./dead-letter.js";
import { Inbound, type OpenDelivery } from "./inbound.js";
import type { PartitionScope } from "./scope.js";

/** A frame on its way through the accept rule; `next` is the message to look at. */
interface Walk {
  readonly delivery: Delivery;
  readonly open: OpenDelivery;
  readonly messages: readonly Message[];
  next: number;
  segment: number;
  /** Numbers of the current segment used up so far. */
  used: number;
}

/** Takes delivered frames apart: numbers are accepted, voided or held (delivery.md O1–O3), messages go to their actors. */
export class Inbox {
  readonly #scope: PartitionScope;
  #held: Walk[] = [];

  constructor(scope: PartitionScope) {
    this.#scope = scope;
  }

  /** Some delivery waits for a missing message. */
  get holds(): boolean {
    return this.#held.length > 0;
  }

  deliver(delivery: Delivery): void {
    const { segments } = delivery.frame.headers;
    let messages: Message[];
    try {
      messages = delivery.frame.messages?.() ?? parseMessages(delivery.frame.body);
      checkCount(segments, messages);
    } catch (error) {
      this.#bury(delivery, error);
      return;
    }
    // The walk itself keeps the delivery open, so that it is not acked before its last message was seen.
    const open: OpenDelivery = { tag: delivery.tag, open: messages.length + 1 };
    this.#walk({ delivery, open, messages, next: 0, segment: 0, used: 0 });
    if (this.#held.length > 0) this.#walkHeld();
  }

  /** What held deliveries wait for, by stream and number: the same hole has the same name in the next tenure. */
  get holes(): string[] {
    return this.#held.map((walk) => `${segmentOf(walk).stream}:${segmentOf(walk).after}`);
  }

  /** O2: gives up what held deliveries wait for, the lowest number first: it may be all that the others wait for. */
  passHoles(cause: "rewound" | "unknown"): void {
    while (this.#held.length > 0) {
      const lowest = this.#held.reduce((a, b) => (segmentOf(b).after < segmentOf(a).after ? b : a));
      this.#passHole(segmentOf(lowest), cause);
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
    this.#scope.holding(this.#held.length > 0);
  }

  #walk(walk: Walk): void {
    const { segments } = walk.delivery.frame.headers;
    while (walk.next < walk.messages.length) {
      const message = walk.messages[walk.next]!;
      if (message.kind === "query" || message.kind === "cancel") {
        this.#unnumbered(walk, message);
        walk.next++;
        continue;
      }
      const segment = segments[walk.segment]!;
      if (!this.#numbered(walk, segment, message)) {
        this.#held.push(walk);
        this.#scope.holding(true);
        return;
      }
      walk.next++;
      if (++walk.used === segment.count) {
        walk.segment++;
        walk.used = 0;
      }
    }
    // Only now: a repeat in this very frame still needs the answer it repeats.
    for (const { stream, settled } of segments) {
      if (settled > 0) this.#scope.streams.settle(stream, settled, this.#scope.commits.gathering);
    }
    this.#scope.settleDelivery(walk.open);
  }

  /** @returns whether the number was settled or accepted; `false`: held */
  #numbered(walk: Walk, segment: Segment, message: Message): boolean {
    const stream = this.#scope.streams.get(segment.stream);
    const number = segment.first + walk.used;
    const after = walk.used === 0 ? segment.after : number - 1;
    let acceptance = stream.accept(number, after);
    if (acceptance === "held" && this.#scope.passesHoles) {
      this.#passHole(segment, "rewound");
      acceptance = stream.accept(number, after);
    }
    if (acceptance === "held") return false;
    if (acceptance === "duplicate") {
      this.#scope.services.ports.telemetry.count("actor.duplicates", 1);
      this.#scope.settleDelivery(walk.open);
      return true;
    }
    if (message.of !== undefined) this.#scope.streams.repeatAccepted(answerKey(message.to, message.of));
    this.#route(Inbound.delivered(message, walk.open, stream, number));
    return true;
  }

  #unnumbered(walk: Walk, message: Message): void {
    if (message.kind === "query") {
      this.#route(Inbound.delivered(message, walk.open, undefined, 0));
      return;
    }
    // Told messages have no caller, so a cancellation without one must not match them.
    if (message.replyTo !== undefined && message.call !== undefined) {
      this.#scope.scheduler.cancel(this.#scope.activations.find(message.to), `${message.replyTo}|${message.call}`);
    }
    this.#scope.settleDelivery(walk.open);
  }

  /** Hands a message to its actor, or refuses it (P13). */
  #route(inbound: Inbound): void {
    const { message } = inbound;
    const { clock } = this.#scope.services.ports;
    // A live actor's address was checked when its first message came.
    const live = this.#scope.activations.find(message.to);
    const refusal = live ? this.#refuseForActor(live.waiting, message) : this.#refuse(message);
    if (refusal) {
      this.#scope.scheduler.refused(inbound, refusal);
    } else if (message.dueAt !== undefined && message.dueAt > clock.now() && message.kind === "tell") {
      this.#keep(inbound, message.dueAt);
    } else {
      this.#scope.enqueue(inbound);
    }
  }

  #refuse(message: Message): ActorError | undefined {
    const { mailbox, index, services } = this.#scope;
    let type: string;
    let key: string;
    try {
      ({ type, key } = parseAddress(message.to));
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
    if (!services.types.has(type)) {
      return new UnknownTypeError(`${message.to}: this worker hosts no actors of type "${type}"`);
    }
    return undefined;
  }

  #refuseForActor(waiting: number, message: Message): ActorError | undefined {
    if (waiting < this.#scope.services.limits.maxWaitingPerActor || isErasure(message)) return undefined;
    return new OverloadedError(`${waiting} messages wait for ${message.to} already`, "actor", 1_000);
  }

  /** A delayed tell becomes a record of its partition at once, and its number is done. */
  #keep(inbound: Inbound, dueAt: number): void {
    const { identity, attempts, message } = inbound;
    if (this.#scope.delayed.has(inbound)) {
      this.#scope.scheduler.stored(inbound);
      return;
    }
    const refusal = this.#refuseForActor(this.#scope.delayed.waitingFor(message.to), message);
    if (refusal) {
      this.#scope.scheduler.refused(inbound, refusal);
      return;
    }
    const { gathering } = this.#scope.commits;
    this.#scope.delayed.keep(Inbound.parked(message, { identity, attempts, notBefore: dueAt }), gathering);
    this.#scope.scheduler.stored(inbound);
  }

  /** O12: every number of an undecodable frame is applied, and the frame goes whole to the dead letters. */
  #bury(delivery: Delivery, cause: unknown): void {
    const { commits, mailbox, partition, services, streams } = this.#scope;
    const { gathering } = commits;
    const { segments } = delivery.frame.headers;
    let fresh = segments.length === 0;
    for (const { stream: name, first, count, after } of segments) {
      const stream = streams.get(name);
      fresh = stream.bury(first, first + count - 1, after) || fresh;
      gathering.touch(stream);
    }
    if (fresh) {
      const first = segments[0];
      const id = first ? `${first.stream}:${first.first}` : `${partition}:${delivery.tag}`;
      const text = deadFrameText(mailbox.name, id, delivery.frame, cause, services.ports.clock.now());
      gathering.out.push({ target: `dead:${mailbox.name}`, text, bytes: messageBytes(text) });
      services.log.error({ partition, err: cause }, "a frame could not be decoded and went to the dead letters");
    }
    gathering.deliveries.push({ tag: delivery.tag, open: 1 });
    gathering.mustWrite = true;
    commits.commitSoon();
    if (this.#held.length > 0) this.#walkHeld();
  }

  #passHole(segment: Segment, cause: "rewound" | "unknown"): void {
    const stream = this.#scope.streams.get(segment.stream);
    const { gathering } = this.#scope.commits;
    const { log, ports } = this.#scope.services;
    for (const [from, to] of stream.passHoles(segment.after)) {
      ports.telemetry.count("stream.gap_messages", to - from + 1, { cause });
      log.error(
        { partition: this.#scope.partition, stream: segment.stream, from, to, cause },
        "messages are missing in a sender's stream; later ones go on, a late copy still counts",
      );
    }
    gathering.touch(stream);
  }
}

/** The segment a walk has come to. */
function segmentOf(walk: Walk): Segment {
  return walk.delivery.frame.headers.segments[walk.segment]!;
}

/** The headers must cover the numbered messages of the body exactly. */
function checkCount(segments: readonly Segment[], messages: readonly Message[]): void {
  let numbers = 0;
  for (const { count } of segments) numbers += count;
  for (const { kind } of messages) if (kind === "tell" || kind === "ask") numbers--;
  if (numbers !== 0) throw new RangeError("the frame's segments do not fit its messages");
}
