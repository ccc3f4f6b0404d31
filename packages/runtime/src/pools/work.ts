import { type Cancel, type Message, parseMessages } from "@actor-runtime/core";
import { Inbound } from "../worker/inbound.js";
import type { Arrival } from "./pool-source.js";

/** A message of a stateless type at the worker that took it, until it is acked. */
export class Work {
  readonly arrival: Arrival;
  /** With its attempts so far. */
  inbound: Inbound;
  /** It waits for its next attempt. */
  retry: Cancel | undefined;

  /** @throws RangeError when the frame does not hold one message */
  constructor(arrival: Arrival) {
    const { frame, redeliveries } = arrival.delivery;
    const messages = frame.messages?.() ?? parseMessages(frame.body);
    const [message] = messages;
    if (message === undefined || messages.length > 1) {
      throw new RangeError(`the frame must hold one message, not ${messages.length}`);
    }
    const facts = {
      identity: identityOf(message, arrival),
      attempts: message.attempts ?? 0,
      notBefore: 0,
      sentAt: frame.headers.sentAt,
    };
    this.arrival = arrival;
    this.inbound = Inbound.parked(message, facts, redeliveries > 0);
  }

  get message(): Message {
    return this.inbound.message;
  }

  /** The same message, once more after so many failed attempts. */
  again(attempts: number, notBefore: number): void {
    const { identity, sentAt, redelivered, withdrawn, message } = this.inbound;
    this.inbound = Inbound.parked(message, { identity, attempts, notBefore, sentAt }, redelivered);
    this.inbound.withdrawn = withdrawn;
  }
}

/** What finds repeats of the message, whoever gets them: its key, that of its first publication, or its number. */
function identityOf({ id, of, replyTo, call }: Message, { delivery }: Arrival): string {
  const [segment] = delivery.frame.headers.segments;
  return id ?? of ?? (segment === undefined ? `${replyTo}:${call}` : `${segment.stream}:${segment.first}`);
}
