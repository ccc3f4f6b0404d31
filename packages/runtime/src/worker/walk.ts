import {
  type ActorError,
  type Delivery,
  type InboundStream,
  isNumbered,
  type Message,
  parseMessages,
  type Segment,
  wireVersion,
} from "@actor-runtime/core";
import type { OpenDelivery } from "./inbound.js";

/** A frame on its way through the accept rule; `next` is the message to look at. */
export interface Walk {
  readonly delivery: Delivery;
  readonly open: OpenDelivery;
  readonly messages: readonly Message[];
  next: number;
  segment: number;
  /** Numbers of the current segment used up so far. */
  used: number;
  /** Of the current segment, once looked up; or why it is not taken. */
  stream: InboundStream | ActorError | undefined;
  /** Since when it is held, in ms by the clock's `monotonic()`. */
  heldSince: number | undefined;
  /** It was, or only a passed hole kept it from being so: something sent after it may be done. */
  wasHeld: boolean;
}

/** @throws RangeError when the frame is of another wire version, or its body cannot be read or does not fit its headers */
export function walkOf(delivery: Delivery): Walk {
  const { headers, body } = delivery.frame;
  if (headers.v !== wireVersion) {
    throw new RangeError(`the frame is of wire version ${headers.v}, and only ${wireVersion} is known here`);
  }
  const messages = delivery.frame.messages?.() ?? parseMessages(body);
  checkCount(headers.segments, messages);
  // The walk itself keeps the delivery open, so that it is not acked before its last message was seen.
  const open: OpenDelivery = { delivery, open: messages.length + 1 };
  const start = { next: 0, segment: 0, used: 0, stream: undefined, heldSince: undefined, wasHeld: false };
  return { delivery, open, messages, ...start };
}

/** The segment a walk has come to. */
export function segmentOf(walk: Walk): Segment {
  return walk.delivery.frame.headers.segments[walk.segment]!;
}

/** The number before the one a walk has come to: what must be there first. */
export function linkOf(walk: Walk): number {
  const { first, after } = segmentOf(walk);
  return walk.used === 0 ? after : first + walk.used - 1;
}

/** What a held walk waits for: the same hole has the same name in the next tenure. */
export function holeOf(walk: Walk): string {
  return `${segmentOf(walk).stream}:${linkOf(walk)}`;
}

/** The headers must cover the numbered messages of the body exactly. */
function checkCount(segments: readonly Segment[], messages: readonly Message[]): void {
  let numbers = 0;
  for (const { count } of segments) numbers += count;
  for (const { kind } of messages) if (isNumbered(kind)) numbers--;
  if (numbers !== 0) throw new RangeError("the frame's segments do not fit its messages");
}
