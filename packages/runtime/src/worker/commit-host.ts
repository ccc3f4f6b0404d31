import { StoreUnavailableError } from "@actor-runtime/core";
import type { CommitHost } from "./commit-log.js";
import type { PartitionScope } from "./scope.js";
import type { WorkerServices } from "./services.js";

/** A partition that commits. */
interface Committing extends PartitionScope {
  /** The store went back in time. */
  rewound(): void;
}

/** What commits of a partition say, and what leaves once one is known. */
export function commitHost(tenure: Committing): CommitHost {
  const { services, mailbox, partition } = tenure;
  const { ports, alarms, replies } = services;
  const metrics = services.metrics.mailbox(mailbox.name);
  const retentionMs = retentionOf(services, mailbox.name);
  return {
    build(group) {
      group.writtenAt = ports.clock.monotonic();
      return group.build(tenure.lease, tenure.outbox, retentionMs, tenure.streams.floor);
    },

    /** A refusal is counted also when it reaches a tenure that has ended meanwhile: it shows that the fence held (P6). */
    async write(record) {
      const { store, telemetry } = ports;
      try {
        const outcome = await store.commit(partition, record);
        if (outcome === "fenced") telemetry.count("actor.fence_refusals", 1);
        return outcome;
      } catch (error) {
        if (error instanceof StoreUnavailableError) telemetry.count("store.commit_failures", 1);
        throw error;
      }
    },

    /** The commit is known: now, and in this order, outputs and acks may leave (P5, O10). */
    release(group, record) {
      tenure.outbox.relay(record.out);
      for (const { to, text } of group.replies) replies.add(to, text);
      for (const delivery of group.deliveries) tenure.deliveries.settle(delivery);
      if (group.alarms !== undefined) alarms.set(group.alarms);
      if (group.silenced !== undefined) alarms.cancel(group.silenced);
      metrics.committed(record, group.tally, group.writtenAt);
    },

    lose: (reason) => tenure.lose(reason),
    rewound: () => tenure.rewound(),
    random: () => ports.random.next(),
    after: (ms, task) => ports.clock.after(ms, task),
  };
}

/** Answers of a partition are kept as long as the type with the longest retention wants. */
function retentionOf({ types }: WorkerServices, mailbox: string): number {
  let retentionMs = 0;
  for (const { definition } of types.values()) {
    if (definition.mailbox.name === mailbox) retentionMs = Math.max(retentionMs, definition.replyRetentionMs);
  }
  return retentionMs;
}
