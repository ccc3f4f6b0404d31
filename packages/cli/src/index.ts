/**
 * # Layout
 *
 * The public API, by name; most of it is made in the packages below this one.
 *
 * - `connect`, `compose`       joins the system from a program; chooses the adapters; `connected`, `composition`, `services`, `tls`
 * - `main`, `program`, `exit`, `exit-codes`  the command line's process, its commands, how they end
 * - `commands/`                one file per command
 * - `config/`                  settings: their table, where values come from, the config file
 * - `loader/`                  TypeScript without a build step: compiling, Node's hooks, finding actor files
 * - `ops/`                     the HTTP port of a worker; `client/` asks it, or runs the same routes on broker and store
 * - `cluster/`                what `workers`, `ring`, `types` and `inspect` report: pure, on what `/api/cluster` says; `system-names`
 * - `doctor/`, `adopt`         one file per check; ties broker and store anew
 * - `telemetry`, `trace-link`  what a worker measures and traces, and to whom it tells it; how a trace is found
 * - `worker`                   hosts actors until a signal comes: what `start` runs
 * - `shutdown`, `ready-file`, `log`, `event-loop-delay`, `report-signal`, `watchdog*`   what a worker process has beside its actors
 * - `register`, `otel`, `testing`, `vitest`        further entry points
 */
export {
  type AbortReason,
  ActorError,
  AskTimeoutError,
  CancelledError,
  ClosedError,
  ConfigError,
  ConflictError,
  ConsistentHashRing,
  type Container,
  type DeadLetter,
  DeadlockError,
  type Duration,
  type Effect,
  FatalMessageError,
  HandlerError,
  type HeldLock,
  IdempotencyMismatchError,
  type Injectable,
  type InjectionToken,
  InvalidAddressError,
  InvalidArgumentsError,
  LockLostError,
  type LockMode,
  LockTimeoutError,
  type Logger,
  LostOwnershipError,
  NotSendableError,
  NotStartedError,
  OverloadedError,
  partitionOf,
  QueryChangedStateError,
  QueryEffectError,
  RejectedError,
  type RingMember,
  type RingOptions,
  StateVersionError,
  StoreUnavailableError,
  type Telemetry,
  TooLargeError,
  TransactionAbortedError,
  TransactionInDoubtError,
  TurnEndedError,
  TurnTimeoutError,
  UnknownHandlerError,
  UnknownOutcomeError,
  UnknownTypeError,
  UnsupportedError,
  WrongPartitionError,
} from "@actor-runtime/core";
export {
  Actor,
  type ActorAdmin,
  ActorContext,
  type ActorInspection,
  type ActorOptions,
  type ActorReport,
  type ActorSystem,
  type Actors,
  type AnyActor,
  type CallOptions,
  type CallRouteOptions,
  type Cluster,
  type ClusterDescription,
  type ClusterInspection,
  callRoute,
  type DeadLetterFilter,
  type DeadLetters,
  type DelayOptions,
  type DryRun,
  Handler,
  type HeldActor,
  type InspectActorOptions,
  type InspectOptions,
  inject,
  type Lock,
  type LockAdmin,
  type LockDescription,
  type LockOptions,
  type Locks,
  type LockWaiter,
  type MailboxDescription,
  type NamedType,
  type Obstacle,
  type PartitionHolder,
  Query,
  type Ref,
  State,
  type SystemDescription,
  type TracingOptions,
  type Transaction,
  type TransactionAdmin,
  Transactional,
  type TransactionalMode,
  type TransactionalOptions,
  type TransactionDescription,
  type TransactionOptions,
  type TransactionRef,
  type TryLockOptions,
  type TurnRef,
  type TurnReport,
  type TypeDescription,
  type TypeInspection,
  type TypeReport,
  type UntypedCall,
  type WorkerReport,
} from "@actor-runtime/runtime";
export { typediContainer } from "@actor-runtime/typedi";
export { type ActorRuntimeConfig, defineConfig } from "./config/config-file.js";
export { type ConnectOptions, connect } from "./connect.js";
