/**
 * # Layout
 *
 * - `model/`  values: addresses, partitions, frames, messages, durations, errors, and how they travel
 * - `rules/`  pure decisions: hash, ring, placement, delivery streams, retry, brake, latency, locks, transactions;
 *   `rules/balance/` which worker of a pool gets a call, and who takes how much from its shared queue
 * - `ports/`  interfaces to the outside, one file each
 *
 * No dependency, no I/O, no timer, no randomness, no wall clock.
 */
export { type Address, checkKey, checkType, formatAddress, maxKeyBytes, parseAddress } from "./model/address.js";
export { answerKey } from "./model/answer-key.js";
export { attributes } from "./model/attributes.js";
export { decodeText, encodeText, errorFromWire, errorToWire, fromWire, toWire } from "./model/codec.js";
export { type Duration, durationMs } from "./model/duration.js";
export {
  type AbortReason,
  ActorError,
  AskTimeoutError,
  CancelledError,
  ClockSkewError,
  ClosedError,
  ConfigError,
  ConflictError,
  DeadlockError,
  type Effect,
  type ErrorDetail,
  FatalMessageError,
  HandlerError,
  IdempotencyMismatchError,
  InvalidAddressError,
  InvalidArgumentsError,
  LockLostError,
  LockTimeoutError,
  LostOwnershipError,
  NotSendableError,
  NotStartedError,
  OverloadedError,
  QueryChangedStateError,
  QueryEffectError,
  RejectedError,
  StaleStreamError,
  StateVersionError,
  StoreUnavailableError,
  TooLargeError,
  TransactionAbortedError,
  TransactionInDoubtError,
  TurnEndedError,
  TurnTimeoutError,
  UnknownHandlerError,
  UnknownOutcomeError,
  UnknownTypeError,
  UnsupportedError,
  WorkerLostError,
  WrongPartitionError,
} from "./model/errors.js";
export {
  type Frame,
  type FrameHeaders,
  maxFrameBytes,
  maxFrameMessages,
  maxMessageBytes,
  type Segment,
  wireVersion,
} from "./model/frame.js";
export {
  type CounterName,
  counters,
  type Histogram,
  type HistogramName,
  histograms,
  type Instrument,
  type LevelName,
  levels,
} from "./model/instruments.js";
export {
  type DeadLetter,
  isNumbered,
  type Message,
  type MessageKind,
  type Participation,
  type Reply,
  type StoredMessage,
  type StreamRefusal,
  type Tick,
  type TransactionContext,
  type TransactionReply,
  type WireError,
} from "./model/message.js";
export {
  callText,
  errorOutcome,
  finText,
  frameBody,
  maxMessageLocks,
  messageBytes,
  messageHead,
  messageText,
  parseMessages,
  parseReplies,
  refusalText,
  replyText,
  replyToField,
  transactionText,
  valueOutcome,
} from "./model/message-codec.js";
export { type Mailbox, type PartitionId, parsePartition, partitionId, partitionsOf } from "./model/partition.js";
export { isPoolQueue, type PoolQueue, parsePoolQueue, poolQueue } from "./model/pool-queue.js";
export { clientStream, streamOpenedAt } from "./model/stream-name.js";
export type { Alarm, Alarms, Ring } from "./ports/alarms.js";
export type {
  Broker,
  Channel,
  Consumer,
  Delivery,
  Destination,
  PublishOutcome,
  ReplyListener,
  ReplyQueue,
} from "./ports/broker.js";
export type { Cancel, Clock } from "./ports/clock.js";
export type { Container, Injectable, InjectionToken } from "./ports/container.js";
export type { Acquired, Lease, Leases, Renewal, Renewed } from "./ports/leases.js";
export {
  type HeldLock,
  keepClaimedMs,
  type LockHolder,
  type LockLeases,
  type LockMode,
  type LockOffer,
  type LockRequest,
  type LockSession,
  type OfferOptions,
  type OfferOutcome,
} from "./ports/lock-leases.js";
export type { LogFields, Logger } from "./ports/logger.js";
export {
  type Change,
  type Heartbeat,
  type Inquiry,
  type InquiryOptions,
  type Member,
  type MemberState,
  type Membership,
  maxResponseBytes,
  type Placement,
  type PlacementTable,
  type View,
  type ViewMember,
} from "./ports/membership.js";
export type {
  PoolChannel,
  PoolConsumer,
  PoolConsumerOptions,
  PoolDelivery,
  Pools,
} from "./ports/pools.js";
export type { Random } from "./ports/random.js";
export { silentSpan } from "./ports/silent-span.js";
export type {
  Answer,
  CommitOutcome,
  CommitRecord,
  DueWrite,
  HoldWrite,
  NamespaceRecord,
  OutboxEntry,
  PartitionImage,
  ReminderWrite,
  RowWrite,
  StateWrite,
  Store,
  StoredWrite,
} from "./ports/store.js";
export type { Attributes, Span, SpanOptions, Telemetry, TraceHeaders, TraceIds } from "./ports/telemetry.js";
export type { Balancer, CallEnding, PoolMember } from "./rules/balance/balancer.js";
export { balancerOf, type PickStrategy } from "./rules/balance/balancer-of.js";
export type { Ejection, EjectionCause } from "./rules/balance/ejection.js";
export { type PrefetchInput, prefetchOf } from "./rules/balance/prefetch.js";
export { type HandlerTime, ServiceTimes } from "./rules/balance/service-times.js";
export { slownessOf } from "./rules/balance/slowness.js";
export { isSpared, nextStanding, normalStanding, type Standing, shareOf } from "./rules/balance/standing.js";
export { Brake } from "./rules/brake.js";
export { buildsByAge, membersNewerThan } from "./rules/builds.js";
export { hashKey, partitionOf } from "./rules/hash.js";
export { type Acceptance, InboundStream } from "./rules/inbound-stream.js";
export { type Latency, LatencyWindow } from "./rules/latency-window.js";
export {
  type AnswerRoute,
  decideLock,
  type LockAnswer,
  type LockDecision,
  type LockEffect,
  type LockEvent,
  type LockProbe,
  type LockQueue,
  type Waiter,
  type WaitsAt,
} from "./rules/lock.js";
export {
  claimed,
  heldLock,
  type LockNow,
  type LockRecord,
  type LockTaker,
  liveRecord,
  offered,
  released,
} from "./rules/lock-record.js";
export {
  decideHere,
  decideParticipant,
  type ParticipantEvent,
  type ParticipantState,
  type ParticipantStep,
} from "./rules/participant.js";
export { candidatesOf, type PlacementInput, passedOn, placementOf } from "./rules/placement.js";
export { Ranges } from "./rules/ranges.js";
export {
  decideTick,
  type MissedPolicy,
  missedAfterMs,
  type NextCron,
  nextTime,
  type Reminder,
  type ReminderSchedule,
  type TickDecision,
} from "./rules/reminder.js";
export { type Backoff, retryDelayMs } from "./rules/retry.js";
export { ConsistentHashRing, maxWeight, type RingMember, type RingOptions } from "./rules/ring.js";
export {
  type AbortDecision,
  abortRetentionMs,
  type CommitDecision,
  decideTransaction,
  decisionOn,
  firstEnd,
  isOverdue,
  noDecision,
  type TransactionEffect,
  type TransactionEvent,
  type TransactionOutcome,
  type TransactionState,
  type TransactionStep,
} from "./rules/transaction.js";
export { type Holder, type HoldMode, inTheWay, isOlder, maxReaders, wounds } from "./rules/wound-wait.js";
