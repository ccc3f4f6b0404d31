import type { CommitGroup } from "./commit-group.js";
import type { Draft } from "./outbox.js";
import type { PartitionScope } from "./scope.js";

/** What a turn told leaves with the commit; a transaction's, with the commit that applies it. */
export function leaveTells({ services, partition }: PartitionScope, tells: readonly Draft[], group: CommitGroup): void {
  for (const draft of tells) {
    group.out.push(draft);
    if (draft.span?.recording) group.traced(services.tracing, partition, services.ports.clock).ends(draft.span);
  }
}

/** What it told never was. */
export function dropTells({ services, outbox }: PartitionScope, tells: readonly Draft[], reason: unknown): void {
  outbox.drop(tells);
  for (const { span } of tells) if (span !== undefined) services.tracing.fail(span, reason);
}
