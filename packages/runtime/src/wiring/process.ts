import { refBy } from "../client/ref-by.js";
import { Deadlines } from "../deadlines.js";
import { ClusterLocks } from "../locks/cluster-locks.js";
import { LockCalls } from "../locks/lock-calls.js";
import { LockMetrics } from "../locks/lock-metrics.js";
import { LockTaker } from "../locks/lock-taker.js";
import { ProcessSessions } from "../locks/process-sessions.js";
import { SetTaker } from "../locks/set-taker.js";
import { TurnLocks } from "../locks/turn-locks.js";
import { Metrics } from "../metrics/metrics.js";
import { AlarmClock } from "../reminders/alarm-clock.js";
import { StoreTime } from "../store-time.js";
import type { NormalSystemOptions } from "../system-options.js";
import { withSystemServices } from "../system-services.js";
import { ClusterTransactions } from "../transactions/cluster-transactions.js";
import { Committer } from "../transactions/committer.js";
import { TransactionCalls } from "../transactions/transaction-calls.js";
import { ActivationList } from "../worker/activation-list.js";
import { Brakes } from "../worker/brakes.js";
import { ReplyBatch } from "../worker/reply-batch.js";
import type { WorkerServices } from "../worker/services.js";
import { turnCalls } from "../worker/turn-calls.js";
import { type Calling, callingBy } from "./calling.js";
import { hostedBy } from "./hosted.js";

/** All that a process is made of, whether it hosts actors or not; nothing of it runs yet. */
export interface Process {
  readonly services: WorkerServices;
  readonly calling: Calling;
  readonly locks: ClusterLocks;
  readonly lockMetrics: LockMetrics;
  readonly transactions: ClusterTransactions;
}

/** @throws ConfigError that names the type and the fix */
export function processOf(options: NormalSystemOptions): Process {
  const { ports, workerId, weight, build, log, limits, dev, watchdog } = options;
  const { clock, telemetry } = ports;
  const incarnation = ports.random.id();
  const time = new StoreTime(clock);
  const meter = { telemetry, clock, time };
  const { types, stateless, target } = hostedBy(options, meter);
  const calling = callingBy(options, time);
  const { tracing, directory, lanes, calls } = calling;
  const metrics = new Metrics(meter, types);
  const lockMetrics = new LockMetrics(telemetry);
  const locks = locksOf({ options, time, calling, metrics: lockMetrics, identity: `${workerId}/${incarnation}` });
  const transactionCalls = new TransactionCalls(calling.caller);
  const activations = new ActivationList();
  const services: WorkerServices = {
    workerId,
    incarnation,
    member: { id: workerId, incarnation, types: [...types.keys(), ...stateless.keys()], weight, build },
    ports,
    time,
    log,
    tracing,
    limits,
    container: withSystemServices(options.container, {
      leases: ports.locks,
      log,
      telemetry,
      now: () => time.now(),
    }),
    types,
    stateless,
    directory,
    lanes,
    calls,
    replies: new ReplyBatch(ports.broker),
    activations,
    brakes: new Brakes({ types, activations, ports, log }),
    metrics,
    timers: new Deadlines(clock),
    watchdog,
    dev,
    alarms: new AlarmClock({ ports, time, lanes, log }),
    transactions: transactionCalls,
    target,
    turnRef: refBy<void>(turnCalls, target),
    turnLocks: (turn) => new TurnLocks(locks, turn),
  };
  return { services, calling, locks, lockMetrics, transactions: transactionsOf(services, calling) };
}

interface LockParts {
  readonly options: NormalSystemOptions;
  readonly time: StoreTime;
  readonly calling: Calling;
  readonly metrics: LockMetrics;
  /** Names this process and no other, ever. */
  readonly identity: string;
}

function locksOf({ options, time, calling, metrics, identity }: LockParts): ClusterLocks {
  const { ports, log } = options;
  const { locks: leases, clock, random } = ports;
  const { caller, tracing } = calling;
  const sessions = new ProcessSessions({ leases, clock, log }, random, identity);
  const one = new LockTaker(
    {
      leases,
      clock,
      now: () => time.now(),
      calls: new LockCalls(caller),
      sessions,
      unclaimed: () => metrics.unclaimed(),
    },
    identity,
  );
  const taker = new SetTaker(one, clock, random);
  return new ClusterLocks({ leases, clock, taker, sessions, tracing, metrics, log });
}

function transactionsOf(services: WorkerServices, { caller }: Calling): ClusterTransactions {
  const { ports, time, directory, target, tracing, metrics, calls, transactions } = services;
  const { clock, random } = ports;
  return new ClusterTransactions({
    caller,
    target,
    clock,
    time,
    random,
    calls: transactions,
    committer: new Committer(transactions, directory, time, clock, random),
    running: calls.transactions,
    tracing,
    metrics: metrics.transactions,
  });
}
