import { answerKey, messageBytes, replyText, valueOutcome } from "@actor-runtime/core";
import type { CommitGroup } from "./commit-group.js";
import { deadLetterText, logDeadLetter } from "./dead-letter.js";
import { fingerprintOf } from "./fingerprint.js";
import type { Inbound } from "./inbound.js";
import { spanOf } from "./processing.js";
import type { PartitionScope } from "./scope.js";
import { asActorError, boundedOutcome } from "./thrown.js";

/**
 * The answer leaves with the commit. That of an ask is kept until its sender has it, so that its automatic repeat gets the
 * same one; that of a keyed message for the retention (P2).
 */
export function giveAnswer(
  scope: PartitionScope,
  inbound: Inbound,
  valueText: string | undefined,
  group: CommitGroup,
): void {
  const { message } = inbound;
  const outcome = valueOutcome(valueText, inbound.joined?.reply);
  if (message.id !== undefined) {
    const key = answerKey(message.to, message.id);
    group.answers.push({ key, fingerprint: fingerprintOf(message), outcome });
  } else if (message.kind === "ask") {
    keepForRepeat(scope, inbound, outcome, group);
  }
  giveOutcome(inbound, outcome, group);
}

/** What is known of a message leaves as it is: an answer that was given before, once more. */
export function giveOutcome({ message }: Inbound, outcome: string, group: CommitGroup): void {
  if (message.replyTo === undefined) return;
  group.replies.push({ to: message.replyTo, text: replyText(message.call ?? "", outcome) });
}

/** An error answer, or for a tell the dead letter. */
export function giveError(scope: PartitionScope, inbound: Inbound, thrown: unknown, group: CommitGroup): void {
  const { message } = inbound;
  if (message.kind === "ask") {
    const outcome = boundedOutcome(thrown, inbound.joined?.reply);
    // A repeat by the user runs again, with or without a key; the sender's own must not, its caller may have this error.
    keepForRepeat(scope, inbound, outcome, group);
    giveOutcome(inbound, outcome, group);
  } else if (message.replyTo !== undefined) {
    giveOutcome(inbound, boundedOutcome(thrown), group);
  } else if (inbound.isTold) {
    const { services, mailbox, outbox } = scope;
    const text = deadLetterText(inbound, thrown, services.time.now());
    const slash = message.to.indexOf("/");
    const type = slash > 0 ? message.to.slice(0, slash) : mailbox.name;
    group.out.push(outbox.draft(`dead:${type}`, text, messageBytes(text)));
    group.tally.add(services.metrics.typeOf(message.to).deadLetters);
    spanOf(scope, inbound)?.event("dead_lettered");
    logDeadLetter(services.log, inbound, asActorError(thrown));
  }
}

/** Under the number of the ask's first publication, which only its automatic repeat names (`of`). */
function keepForRepeat({ keptAnswers }: PartitionScope, inbound: Inbound, outcome: string, group: CommitGroup): void {
  const { message, stream, number } = inbound;
  if (message.of !== undefined) {
    group.answers.push({ key: answerKey(message.to, message.of), fingerprint: "", outcome });
    return;
  }
  const { publication } = inbound;
  if (publication === undefined) return;
  const key = answerKey(message.to, publication);
  group.answers.push({ key, fingerprint: "", outcome });
  if (stream !== undefined) {
    keptAnswers.answered(stream.name, number, key);
  } else {
    const colon = publication.lastIndexOf(":");
    keptAnswers.answered(publication.slice(0, colon), Number(publication.slice(colon + 1)), key);
  }
}
