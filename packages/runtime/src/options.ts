/** Bounds of one actor. Beyond them an ask gets OverloadedError and a tell becomes a dead letter. */
export interface ActorBounds {
  /** Messages that may wait in memory for it. */
  readonly maxWaitingPerActor: number;
  /** Messages, and bytes, that may be stored behind it while it is slow. */
  readonly maxStoredPerActor: number;
  readonly maxStoredBytesPerActor: number;
  /** Messages, and bytes, that may wait for their time: delayed tells, and retries that let others pass. */
  readonly maxDelayedPerActor: number;
  readonly maxDelayedBytesPerActor: number;
}

/** Bounds of one type in a worker. */
export interface TypeBounds extends ActorBounds {
  /** Asynchronous turns of the type that may run at a time; beyond, what would begin waits. */
  readonly maxTurns: number;
}

/** Bounds of one worker (P12) and its times in ms. */
export interface Limits extends ActorBounds {
  /** Live instances in this worker; beyond, the least recently used idle one goes. */
  readonly maxActivations: number;
  /** Asynchronous turns that may run in this worker at a time; a type may have half of them unless `types` says otherwise. */
  readonly maxTurns: number;
  /** What is different for some types, by name. */
  readonly types: Readonly<Record<string, Partial<TypeBounds>>>;
  /** Actors of one partition that transactions hold at a time. */
  readonly maxHeldActors: number;
  /** Bytes stored in one partition; beyond, its owner stops consuming, so that its queue fills and senders get OverloadedError. */
  readonly maxStoredBytes: number;
  /** Bytes of messages of one partition that wait for their time; they are in memory and stored. */
  readonly maxDelayedBytes: number;
  /** Bytes that may be on their way from a partition to one target; beyond, `tell` in a turn throws OverloadedError. */
  readonly maxOutboxBytes: number;
  /** Bytes of unacked frames in this process; shared out to its partitions as their prefetch. */
  readonly maxUnsettledBytes: number;
  readonly leaseMs: number;
  /** How long running turns may go on in a partition that moves to another worker. */
  readonly handoffGraceMs: number;
  /** How long a worker may be without its broker before others may take its partitions. */
  readonly brokerGraceMs: number;
  /** How long a delivery may be held back for a missing message before the channel is re-opened, and then the hole passes. */
  readonly holdMs: number;
  /** A partition that receives nothing for so long sends itself a word, to see whether its queue still delivers. */
  readonly silenceMs: number;
  /** Waits between attempts of a told message: bounds of the first and of any. */
  readonly retry: { readonly firstMs: number; readonly maxMs: number };
  /** How far a sender's clock and the store's may differ: an ask this long past its deadline is not started. */
  readonly clockToleranceMs: number;
  /**
   * How long the row of a silent sender's stream is kept, at least. Senders open a new stream after half that time, so it
   * must be the same in every process of a namespace.
   */
  readonly streamRetentionMs: number;
  /** Streams of senders that one partition knows; beyond, an unknown one is refused with OverloadedError. */
  readonly maxStreams: number;
}

export const defaultLimits: Limits = {
  maxActivations: 100_000,
  maxTurns: 1_000,
  types: {},
  maxWaitingPerActor: 10_000,
  maxStoredPerActor: 10_000,
  maxStoredBytesPerActor: 16 * 1024 * 1024,
  maxDelayedPerActor: 10_000,
  maxDelayedBytesPerActor: 16 * 1024 * 1024,
  maxHeldActors: 10_000,
  maxStoredBytes: 256 * 1024 * 1024,
  maxDelayedBytes: 64 * 1024 * 1024,
  maxOutboxBytes: 64 * 1024 * 1024,
  maxUnsettledBytes: 256 * 1024 * 1024,
  leaseMs: 10_000,
  handoffGraceMs: 5_000,
  brokerGraceMs: 5_000,
  holdMs: 10_000,
  silenceMs: 30_000,
  retry: { firstMs: 200, maxMs: 60_000 },
  clockToleranceMs: 5_000,
  streamRetentionMs: 3_600_000,
  maxStreams: 100_000,
};

/** Bounds of a type. Half of the worker's turns at most, so that no type alone can keep the others from running. */
export function typeBounds(limits: Limits, type: string): TypeBounds {
  return { ...limits, maxTurns: Math.ceil(limits.maxTurns / 2), ...limits.types[type] };
}
