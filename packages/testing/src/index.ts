/**
 * # Layout
 *
 * - `test-system`     what users get: an actor system on virtual time, with a look inside
 * - `virtual-system`  makes it, on the embedded world; `virtual-clock` is its time, `test-services` its container,
 *                     `traffic` what was sent
 * - `cluster/`        several workers: `test-cluster` is what users get; `virtual-cluster` makes it of `programs`, each code
 *                     in a `process` with a `process-clock` and `wire`s of some `latency`; `timeline` moves time, until the
 *                     cluster is at `rest`
 * - `checkers/`       what clients and actors saw of a system (`history`, written by `history-recorder`), and one checker for
 *                     each promise that can be judged by it; `check-history` runs them all. `locks/` is the same for locks:
 *                     `lock-history`, `lock-recorder`, `check-locks`; `transactions/` has `check-isolation` for lists that
 *                     transactions append to and read (`list-history`), and `check-bank` for transfers (`bank-history`);
 *                     `reminders/` has `check-reminders` for what actors noted of their ticks (`reminder-history`), by a `store-clock`
 *                     that somebody may have set
 * - `simulation/`     whole clusters under faults that a seed decides (`simulate`): `actors` and `load` are what goes on,
 *                     `faults` what goes wrong, `scene` the cluster they strike, `watch` whether they bit; `lock-traffic`
 *                     has who takes locks (`lock-user`), what for (`lock-plan`), and what they protect (`fenced-register`);
 *                     `transaction-traffic` has who runs transactions (`transaction-user`, in turns `transactional-actors`),
 *                     and what happens in them (`transaction-plan`, `transaction-body`); `reminder-traffic` has who sets
 *                     reminders (`planner`), and which (`reminder-plan`)
 * - `vitest`          the preset, an entry point of its own
 */
export { checkAnswers } from "./checkers/answers.js";
export { checkHistory } from "./checkers/check-history.js";
export { checkExactlyOnce } from "./checkers/exactly-once.js";
export { checkFreeNeighbours, type NeighbourOptions } from "./checkers/free-neighbours.js";
export type {
  Call,
  Calm,
  DeadMessage,
  Effect,
  FinalState,
  History,
  Moment,
  Outcome,
  Rewind,
  Seen,
  SentOn,
  TurnRun,
} from "./checkers/history.js";
export { type CallBegin, HistoryRecorder, type TurnBegin } from "./checkers/history-recorder.js";
export { checkLocks } from "./checkers/locks/check-locks.js";
export { checkFencedEffects } from "./checkers/locks/fenced-writes.js";
export type {
  Freeze,
  LockAttempt,
  LockBreak,
  LockCycle,
  LockEnd,
  LockHistory,
  LocksLeft,
  LockWrite,
} from "./checkers/locks/lock-history.js";
export { type AttemptBegin, type AttemptRecord, LockRecorder } from "./checkers/locks/lock-recorder.js";
export { describeLockViolation, type LockViolation } from "./checkers/locks/lock-violation.js";
export { findOverlaps, type Overlap } from "./checkers/locks/one-holder.js";
export { checkLostWrites } from "./checkers/lost-writes.js";
export { checkOneHistory } from "./checkers/one-history.js";
export { checkOneTurn } from "./checkers/one-turn.js";
export { checkReminders, type ReminderCheckOptions } from "./checkers/reminders/check-reminders.js";
export type {
  ClockStep,
  RefusedTick,
  ReminderCancelled,
  ReminderChapter,
  ReminderEntry,
  ReminderHistory,
  ReminderSet,
  RemindersListed,
  ReminderTicked,
  TestedTime,
  TickRun,
} from "./checkers/reminders/reminder-history.js";
export {
  describeReminderViolation,
  type ReminderAnomaly,
  type ReminderViolation,
} from "./checkers/reminders/reminder-violation.js";
export { checkSenderOrder } from "./checkers/sender-order.js";
export type { AccountEntry, AccountState, Audit, BankHistory, Transfer } from "./checkers/transactions/bank-history.js";
export { checkBank } from "./checkers/transactions/check-bank.js";
export { checkIsolation } from "./checkers/transactions/check-isolation.js";
export type {
  ListAppend,
  ListOperation,
  ListRead,
  ListTransaction,
  ListValue,
} from "./checkers/transactions/list-history.js";
export type {
  TransactionAttempt,
  TransactionCall,
  TransactionHistory,
} from "./checkers/transactions/transaction-history.js";
export {
  type BankAnomaly,
  describeTransactionViolation,
  type IsolationAnomaly,
  type TransactionViolation,
} from "./checkers/transactions/transaction-violation.js";
export { describeViolation, type Violation } from "./checkers/violation.js";
export type { Latency } from "./cluster/latency.js";
export type {
  ProcessState,
  ProvidedProcess,
  TestCluster,
  TestClusterOptions,
  TestWorker,
  WorkerOptions,
} from "./cluster/test-cluster.js";
export type { TracedCall } from "./cluster/traced.js";
export { testCluster } from "./cluster/virtual-cluster.js";
export { faultNames } from "./simulation/faults.js";
export { type FaultCount, type Simulation, type SimulationOptions, simulate } from "./simulation/simulate.js";
export type { Provided } from "./test-services.js";
export type { TestSystem, TestSystemOptions } from "./test-system.js";
export type { SentMessage, TestDeadLetter } from "./traffic.js";
export { testSystem } from "./virtual-system.js";
