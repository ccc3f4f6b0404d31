import { type Alarm, type Backoff, retryDelayMs } from "@actor-runtime/core";
import type { BackoffStrategy, BulkJobOptions, Job } from "bullmq";

/** What an alarm is to BullMQ. */
export interface Entry {
  readonly name: string;
  readonly data: Omit<Alarm, "id">;
  readonly opts: BulkJobOptions;
}

const backoff: Backoff = { firstMs: 1_000, maxMs: 60_000 };

/** BullMQ counts attempts in doubles. */
const noEnd = 1_000_000_000;

/** @param now wall time in ms: BullMQ reckons from the moment that it is told */
export function entryOf({ id, ...data }: Alarm, now: number): Entry {
  return {
    name: data.partition,
    data,
    opts: {
      jobId: id,
      timestamp: now,
      delay: Math.max(0, Math.ceil(data.dueAt - now)),
      attempts: noEnd,
      backoff: { type: "alarm" },
      stackTraceLimit: 1,
      removeOnComplete: true,
      // An alarm that ended without ringing is a fault to look into, and only a hint is lost with it.
      removeOnFail: { count: 1_000 },
    },
  };
}

export function alarmOf({ id, data }: Job<Entry["data"]>): Alarm {
  return { id: id!, ...data };
}

/** When an alarm rings again that could not be handed on. */
export function retryStrategy(random: () => number): BackoffStrategy {
  return (attempts) => retryDelayMs(attempts, backoff, random());
}
