import {
  ActorError,
  errorFromWire,
  errorOutcome,
  errorToWire,
  maxMessageBytes,
  messageBytes,
  type TransactionReply,
} from "@actor-runtime/core";

/** What a handler threw as an error of ours, the way its caller gets it. Never throws, whatever was thrown. */
export function asActorError(thrown: unknown): ActorError {
  try {
    if (thrown instanceof ActorError) return thrown;
  } catch {
    // A proxy whose prototype cannot be read.
  }
  return errorFromWire(errorToWire(thrown));
}

/** An error must fit a message whatever data it carries. */
export function boundedOutcome(thrown: unknown, tx?: TransactionReply): string {
  const wire = errorToWire(thrown);
  const outcome = errorOutcome(wire, tx);
  if (messageBytes(outcome) <= maxMessageBytes) return outcome;
  const { data: _, cause: __, ...rest } = wire;
  return errorOutcome(rest, tx);
}
