import { type ActorError, attributes, type Span } from "@actor-runtime/core";
import type { CommitGroup } from "./commit-group.js";
import { type Ending, tellEnding } from "./ending.js";
import type { Inbound } from "./inbound.js";
import type { PartitionScope } from "./scope.js";

/** Of the processing of a message. One that never comes to its turn gets it when it ends; `undefined`: nobody traces. */
export function spanOf(scope: PartitionScope, inbound: Inbound): Span | undefined {
  const { services, partition, mailbox, takeover } = scope;
  const { tracing, time } = services;
  if (tracing.on) inbound.span ??= tracing.process(inbound, { partition, mailbox, takeover }, time.now());
  return inbound.span;
}

/**
 * What becomes of a message is known, but for its commit: it is counted, and its span ends.
 *
 * @param group what it commits with; `undefined`: there is nothing to wait for
 */
export function ended(
  scope: PartitionScope,
  inbound: Inbound,
  group: CommitGroup | undefined,
  ending: Ending,
  error?: ActorError,
): void {
  const { metrics, tracing, ports } = scope.services;
  metrics.ended(inbound, ending, group?.tally);
  const span = spanOf(scope, inbound);
  inbound.span = undefined;
  if (!span?.recording) return;
  const fault = tellEnding(span, ending, error);
  if (group === undefined) tracing.end(span, fault);
  else group.traced(tracing, scope.partition, ports.clock).processed(span, fault);
}

/** The turn of a message began a transaction that gave way; it will run again. */
export function gaveWay(inbound: Inbound, delayMs: number): void {
  const { span } = inbound;
  inbound.span = undefined;
  if (!span?.recording) return;
  span.event("retry scheduled", { [attributes.delay]: delayMs });
  tellEnding(span, "retried", undefined);
  span.end();
}
