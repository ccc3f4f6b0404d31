import type { Container, Logger, Member } from "@actor-runtime/core";
import type { Calls } from "../client/calls.js";
import type { Directory } from "../client/directory.js";
import type { Lanes } from "../client/lanes.js";
import type { TargetBy } from "../client/ref-by.js";
import type { RefBy } from "../client/ref-types.js";
import type { Deadlines } from "../deadlines.js";
import type { StatelessDefinition } from "../definition/define-stateless.js";
import type { LockHolder } from "../locks/lock-holder.js";
import type { Locks } from "../locks/lock-types.js";
import type { Metrics } from "../metrics/metrics.js";
import type { Limits } from "../options.js";
import type { Ports } from "../ports.js";
import type { AlarmClock } from "../reminders/alarm-clock.js";
import type { StoreTime } from "../store-time.js";
import type { Tracing } from "../tracing/tracing.js";
import type { TransactionCalls } from "../transactions/transaction-calls.js";
import type { Watchdog } from "../watchdog.js";
import type { HostedType } from "./activation.js";
import type { ActivationList } from "./activation-list.js";
import type { Brakes } from "./brakes.js";
import type { ReplyBatch } from "./reply-batch.js";

/** What all partitions of a worker share. */
export interface WorkerServices {
  readonly workerId: string;
  /** Names this process and no later one, whatever id that has. */
  readonly incarnation: string;
  /** This worker as others see it, but for its state. */
  readonly member: Omit<Member, "state">;
  readonly ports: Ports;
  readonly time: StoreTime;
  readonly log: Logger;
  readonly tracing: Tracing;
  readonly limits: Limits;
  readonly container: Container;
  readonly types: ReadonlyMap<string, HostedType>;
  /** Stateless types hosted here, by name. */
  readonly stateless: ReadonlyMap<string, StatelessDefinition>;
  readonly directory: Directory;
  readonly lanes: Lanes;
  readonly calls: Calls;
  readonly replies: ReplyBatch;
  readonly activations: ActivationList;
  /** What keeps turns of a type from beginning. */
  readonly brakes: Brakes;
  readonly metrics: Metrics;
  /** Time-outs of turns, and messages that wait for their time. */
  readonly timers: Deadlines;
  readonly watchdog: Watchdog | undefined;
  /** Look for state that a query changed in place right after the query. */
  readonly dev: boolean;
  /** Of the reminders of its actors. */
  readonly alarms: AlarmClock;
  readonly transactions: TransactionCalls;
  /** `self.locks` of the turn that asks. */
  readonly turnLocks: (turn: LockHolder) => Locks;
  /** Finds whom a reference means. */
  readonly target: TargetBy;
  /** `self.ref` of every actor: the turn that calls is known from the async context. */
  readonly turnRef: RefBy<void>;
}
