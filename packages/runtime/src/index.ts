/**
 * # Layout
 *
 * - `definition/`  what decorators say about a class, `inject`, argument schemas
 * - `client/`      references and calls: lanes and what is `waiting` in them, streams, answers
 * - `worker/`      agreeing with other workers: `presence` → `placements` → `ownership` → `partition-owner`; serving a
 *                  partition, which `tenure` puts together: `deliveries` → `inbox` → `routing` → `recipients` →
 *                  `scheduler` → `turns` → `commit-log`; its live actors: `activations` → `waking` → `make-instance`,
 *                  `lifecycle`; a message that its `admission` lets pass is run as one of `handler-turns` or `queries`;
 *                  `participants` act for transactions, by the `holds` they have and `inquiries` to coordinators;
 *                  `settlement` ends messages, and `outcomes` are what their senders get
 * - `tracing/`     which spans there are, what they are called and what they tell
 * - `metrics/`     what is counted and measured: bound instruments per type, mailbox and caller; levels
 * - `inspect/`     what workers say of themselves: `inspections` asks, past the mailboxes; `inspector` answers
 * - `pools/`        stateless types: `pool-lane` sends, `spread` chooses the worker as `balances` say; what a
 *                  `pool` takes, as its `intake` says, becomes the `works` that run
 * - `locks/`       `lock-actor` decides who is next; `lock-taker` is the holder's side, on sessions of its process
 * - `transactions/` `coordinator` decides on one; `cluster-transactions` runs bodies, by attempts that collect who took part
 * - `reminders/`   `turn-reminders` sets and `declared` declares them; `alarm-clock` has them wake; `stored-reminders` lists them
 * - `wiring/`      makes a process of all these: `hosted` is what it hosts, `calling` how it calls, `process` the whole of it
 * - `system.ts`    the life of a system, and what programs see of it; `call-route.ts` opens it to HTTP
 * - `store-time.ts` the one clock by which deadlines and delays go; workers hear it with heartbeats, clients by `time-keeper.ts`
 *
 * One ask goes `ref → outside-caller → calls → lane → Broker → deliveries → inbox → routing → recipients → scheduler →
 * turns → commit-log → Store`, and its answer `reply-batch → Broker → calls`.
 */
export { ActorContext } from "./actor-context.js";
export type {
  ActorAdmin,
  ActorSystem,
  NamedType,
  PoolDescription,
  SystemDescription,
  TypeDescription,
  UntypedCall,
} from "./actor-system.js";
export { type CallRouteOptions, callRoute, failureResponse, HttpError } from "./call-route.js";
export type {
  Actors,
  CallOptions,
  DelayOptions,
  Handle,
  Ref,
  RefBy,
  Reserved,
  Transaction,
  TransactionRef,
  TurnRef,
} from "./client/ref-types.js";
export {
  type Cluster,
  type ClusterDescription,
  type MailboxDescription,
  type NamedPool,
  type PartitionHolder,
  StoredCluster,
} from "./cluster.js";
export { consoleLog } from "./console-log.js";
export type { DeadLetterFilter } from "./dead-letter-filter.js";
export { type DeadLetters, type DryRun, isRetryable } from "./dead-letters.js";
export type { ActorDefinition, AnyActor, TransactionalMode } from "./definition/actor-definition.js";
export type { ActorOptions } from "./definition/actor-options.js";
export { declaredActor, declaredStateless } from "./definition/declarations.js";
export {
  Actor,
  Every,
  Handler,
  Query,
  State,
  Transactional,
  type TransactionalOptions,
} from "./definition/decorators.js";
export { DefaultContainer } from "./definition/default-container.js";
export { actorName, defineActor } from "./definition/define.js";
export type { StatelessDefinition } from "./definition/define-stateless.js";
export { inject } from "./definition/inject.js";
export { Registry } from "./definition/registry.js";
export { Stateless } from "./definition/stateless.js";
export type { Balance, StatelessOptions } from "./definition/stateless-options.js";
export type {
  ActorInspection,
  ClusterInspection,
  InspectActorOptions,
  Inspection,
  InspectOptions,
  InspectTransactionsOptions,
  TransactionsInspection,
  TypeInspection,
} from "./inspect/inspections.js";
export type {
  ActorReport,
  AskReport,
  HoldReport,
  Limited,
  Load,
  Obstacle,
  PartitionLoad,
  TransactionsReport,
  TurnReport,
  TypeLoad,
  TypeReport,
  WorkerReport,
} from "./inspect/reports.js";
export { type LimitOptions, limitFields, limitsOf, type Size, type TypeLimitOptions } from "./limit-options.js";
export type {
  Lock,
  LockAdmin,
  LockDescription,
  LockOptions,
  Locks,
  LockWaiter,
  TryLockOptions,
} from "./locks/lock-types.js";
export { type ActorBounds, defaultLimits, type Limits, type TypeBounds } from "./options.js";
export type { PoolLoad } from "./pools/pool-load.js";
export type { Ports } from "./ports.js";
export type { ReminderAdmin, ReminderFilter, ReminderReport } from "./reminders/reminder-admin-types.js";
export type {
  CurrentReminder,
  EveryTime,
  ReminderInfo,
  Reminders,
  ReminderTime,
  TimerTime,
} from "./reminders/reminder-types.js";
export { StoredReminders } from "./reminders/stored-reminders.js";
export { createSystem, LocalSystem } from "./system.js";
export { systemActors } from "./system-actors.js";
export type { SystemOptions } from "./system-options.js";
export type { TracingOptions } from "./tracing-options.js";
export type {
  HeldActor,
  TransactionAdmin,
  TransactionDescription,
  TransactionOptions,
} from "./transactions/transaction-types.js";
export type { Watchdog } from "./watchdog.js";
export type { LastError } from "./worker/last-error.js";
