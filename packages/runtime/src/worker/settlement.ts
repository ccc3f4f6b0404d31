import {
  type ActorError,
  type Answer,
  answerKey,
  errorFromWire,
  errorReplyText,
  errorToWire,
  HandlerError,
  IdempotencyMismatchError,
  messageBytes,
  RejectedError,
  replyText,
  retryDelayMs,
  StateVersionError,
} from "@actor-runtime/core";
import type { Activation } from "./activation.js";
import type { CommitGroup } from "./commit-group.js";
import { deadLetterText } from "./dead-letter.js";
import { fingerprintOf } from "./fingerprint.js";
import { Inbound } from "./inbound.js";
import type { PartitionScope } from "./scope.js";

/** A state newer than the class waits this long before another look, without spending an attempt. */
const versionWaitMs = 30_000;

/** How a message ends: with an answer, an error, another attempt or a dead letter, always as part of a commit (O10). */
export class Settlement {
  readonly #scope: PartitionScope;

  constructor(scope: PartitionScope) {
    this.#scope = scope;
  }

  /** "This message is done" commits with everything else of its turn. */
  done(activation: Activation, inbound: Inbound, group: CommitGroup): void {
    const { delivery, stream, reminder } = inbound;
    if (reminder !== undefined) {
      this.#scope.delayed.remove(reminder, group);
    } else if (delivery === undefined) {
      group.unpark(activation);
    } else {
      if (stream !== undefined) {
        stream.apply(inbound.number);
        group.touch(stream);
      }
      // A query that could not run writes nothing, but its error leaves with a commit.
      else group.mustWrite = true;
      group.deliveries.push(delivery);
    }
    activation.lastSeq = group.seq;
    this.#scope.commits.commitSoon();
  }

  /** The answer leaves with the commit; that of an ask is kept until its sender has it, that of a keyed message for the retention (P2). */
  answer(inbound: Inbound, valueText: string | undefined, group: CommitGroup): void {
    const { message, stream, number } = inbound;
    const keyed = message.id !== undefined;
    if (message.kind === "ask" || keyed) {
      const key = answerKey(message.to, inbound.identity);
      group.answers.push({ key, fingerprint: keyed ? fingerprintOf(message) : "", outcome: valueText ?? "" });
      if (!keyed && message.of === undefined && stream) this.#scope.streams.answered(stream.name, number, key);
    }
    if (message.replyTo !== undefined) {
      group.replies.push({ to: message.replyTo, text: replyText(message.call ?? "", valueText) });
    }
  }

  /** O5: the message was answered before; it gets the same answer, unless its key was used for something else. */
  answerAgain(activation: Activation, inbound: Inbound, { fingerprint, outcome }: Answer): void {
    const group = this.#scope.commits.gathering;
    const { message } = inbound;
    if (fingerprint !== "" && fingerprint !== fingerprintOf(message)) {
      const key = message.id?.slice("u:".length);
      this.#error(
        inbound,
        new IdempotencyMismatchError(
          `${message.to}: the idempotency key "${key}" was used before with another handler or other arguments`,
        ),
        group,
      );
    } else if (message.replyTo !== undefined) {
      const valueText = outcome === "" ? undefined : outcome;
      group.replies.push({ to: message.replyTo, text: replyText(message.call ?? "", valueText) });
    }
    this.done(activation, inbound, group);
  }

  /** The turn failed, or could not begin: an ask gets the error, a tell another attempt or a dead letter (DESIGN.md 5). */
  failed(activation: Activation, inbound: Inbound, thrown: unknown): void {
    const group = this.#scope.commits.gathering;
    const error = asActorError(thrown);
    const { definition } = activation.hosted;
    const isTell = inbound.message.kind === "tell";
    const attempts = inbound.attempts + 1;
    if (isTell && error instanceof StateVersionError) {
      this.#retry(activation, inbound, inbound.attempts, versionWaitMs, group);
    } else if (isTell && mayRetry(error) && attempts < definition.attempts) {
      const { limits, ports } = this.#scope.services;
      this.#retry(activation, inbound, attempts, retryDelayMs(attempts, limits.retry, ports.random.next()), group);
    } else {
      this.#error(inbound, thrown, group);
      this.done(activation, inbound, group);
    }
  }

  #retry(activation: Activation, inbound: Inbound, attempts: number, delayMs: number, group: CommitGroup): void {
    const { message, identity } = inbound;
    const notBefore = this.#scope.services.ports.clock.now() + delayMs;
    const again = Inbound.parked(message, { identity, attempts, notBefore });
    this.done(activation, inbound, group);
    if (activation.hosted.definition.whileRetrying === "pass") this.#scope.delayed.keep(again, group);
    else group.parkFirst(activation, again);
  }

  /** An error answer, or for a tell the dead letter. */
  #error(inbound: Inbound, thrown: unknown, group: CommitGroup): void {
    const { message } = inbound;
    if (message.replyTo !== undefined) {
      group.replies.push({ to: message.replyTo, text: errorReplyText(message.call ?? "", errorToWire(thrown)) });
    } else if (message.kind === "tell") {
      const text = deadLetterText(inbound, thrown, this.#scope.services.ports.clock.now());
      const type = message.to.slice(0, message.to.indexOf("/"));
      group.out.push({ target: `dead:${type}`, text, bytes: messageBytes(text) });
    }
  }
}

/** What a handler threw as an error of ours, the way its caller gets it. Never throws, whatever was thrown. */
export function asActorError(thrown: unknown): ActorError {
  return errorFromWire(errorToWire(thrown));
}

/** A fault may pass; a refusal or a wrong message never does. */
function mayRetry(error: ActorError): boolean {
  return !(error instanceof RejectedError) && (error instanceof HandlerError || error.retryable);
}
