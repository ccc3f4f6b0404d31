import {
  ConfigError,
  type Duration,
  durationMs,
  formatAddress,
  parseAddress,
  type ReplyQueue,
} from "@actor-runtime/core";
import { StoredActors } from "./actor-admin.js";
import type { ActorAdmin, ActorSystem, SystemDescription, UntypedCall } from "./actor-system.js";
import { normalCallOptions, type RefOptions } from "./client/call-options.js";
import { OperatorCalls } from "./client/operator-calls.js";
import { type BoundMethod, bindMethod } from "./client/ref.js";
import { refBy } from "./client/ref-by.js";
import type { RefBy } from "./client/ref-types.js";
import { type Cluster, StoredCluster } from "./cluster.js";
import { BrokerDeadLetters, type DeadLetters } from "./dead-letters.js";
import type { AnyActor } from "./definition/actor-definition.js";
import { actorName } from "./definition/define.js";
import type { WorkerReport } from "./inspect/reports.js";
import { lockAdmin } from "./locks/lock-admin.js";
import type { LockAdmin } from "./locks/lock-types.js";
import { observeProcess } from "./metrics/levels.js";
import { registerPools } from "./pools/worker-pools.js";
import { reminderAdmin } from "./reminders/reminder-admin.js";
import type { ReminderAdmin } from "./reminders/reminder-admin-types.js";
import { StoredReminders } from "./reminders/stored-reminders.js";
import { normalSystemOptions, type SystemOptions } from "./system-options.js";
import { TimeKeeper } from "./time-keeper.js";
import type { TransactionArguments } from "./transactions/cluster-transactions.js";
import { transactionAdmin } from "./transactions/transaction-admin.js";
import type { TransactionAdmin } from "./transactions/transaction-types.js";
import { poolDescription, typeDescription } from "./type-descriptions.js";
import { type Process, processOf } from "./wiring/process.js";
import { registerMailboxes } from "./worker/register.js";
import { Worker } from "./worker/worker.js";

const defaultDrainMs = 25_000;

/**
 * Connects a process to its services and, with `actors`, hosts them; resolves once it serves.
 *
 * @throws ConfigError that names the field and the fix
 */
export async function createSystem(options: SystemOptions): Promise<LocalSystem> {
  let system: LocalSystem | undefined;
  try {
    system = new LocalSystem(options);
    await system.start();
    return system;
  } catch (error) {
    if (system) await system.close({ drainTimeout: 0 });
    else await options.onClosed?.();
    throw error;
  }
}

/** An actor system in this process; see {@link ActorSystem} for what users see. */
export class LocalSystem implements ActorSystem {
  readonly ref: RefBy<Promise<void>>;
  readonly actors: ActorAdmin;
  readonly dead: DeadLetters;
  readonly cluster: Cluster;
  readonly locks: LockAdmin;
  readonly transactions: TransactionAdmin;
  readonly reminders: ReminderAdmin;
  readonly #namespace: string;
  readonly #process: Process;
  readonly #timeKeeper: TimeKeeper;
  readonly #onClosed: SystemOptions["onClosed"];
  #worker: Worker | undefined;
  #replies: ReplyQueue | undefined;
  #stopObserving = () => {};
  #state: SystemDescription["state"] = "starting";
  #closing: Promise<void> | undefined;

  constructor(options: SystemOptions) {
    const normal = normalSystemOptions(options);
    const { services, calling, locks, transactions } = (this.#process = processOf(normal));
    const { ports, directory, time, calls, tracing } = services;
    this.#namespace = normal.namespace;
    this.#timeKeeper = new TimeKeeper(time, ports.store, ports.clock, services.limits.leaseMs);
    this.#onClosed = options.onClosed;
    this.ref = refBy<Promise<void>>(calling.caller, services.target);
    this.locks = lockAdmin(locks, { ports, directory, time, ref: this.ref });
    this.dead = new BrokerDeadLetters(ports, directory, calls, tracing);
    this.cluster = new StoredCluster(ports);
    this.transactions = transactionAdmin({
      ...{ store: ports.store, directory, time, cluster: this.cluster, calls: services.transactions },
      inDoubt: (id) => transactions.outcome(id),
    });
    const operatorCalls = new OperatorCalls(calls, tracing);
    this.actors = new StoredActors(ports, directory, operatorCalls);
    const stored = new StoredReminders(ports.store, directory);
    this.reminders = reminderAdmin({ stored, directory, time, calls: operatorCalls });
  }

  async start(): Promise<void> {
    const { services, lockMetrics } = this.#process;
    const { calls, ports, types, stateless } = services;
    // Deadlines and delays are judged by it, whatever the clock here says.
    await this.#timeKeeper.read();
    this.#replies = await ports.broker.openReplies({
      receive: (body) => calls.receive(body),
      reopened: () => calls.repeatAll(),
    });
    calls.open(this.#replies.address);
    this.#stopObserving = observeProcess(ports.telemetry, {
      calls,
      locks: lockMetrics,
      checks: () => this.describe().checks,
    });
    if (types.size > 0 || stateless.size > 0) {
      const mailboxes = await registerMailboxes(services);
      await registerPools(services);
      this.#worker = new Worker(services, mailboxes);
      await this.#worker.start();
    } else {
      this.#timeKeeper.keep();
    }
    this.#state = "running";
  }

  // Async: a bad address is a rejection like every other failure of a call.
  async ask(call: UntypedCall): Promise<unknown> {
    const method = this.#method(call);
    return this.#process.calling.caller.ask(method, call.args, normalCallOptions(optionsOf(call), method.target));
  }

  async tell(call: UntypedCall): Promise<void> {
    const method = this.#method(call);
    await this.#process.calling.caller.tell(method, call.args, normalCallOptions(optionsOf(call), method.target));
  }

  transaction<R>(...args: TransactionArguments<R>): Promise<R> {
    return this.#process.transactions.run(...args);
  }

  describe(): SystemDescription {
    const { workerId, ports, types, brakes } = this.#process.services;
    return {
      workerId,
      namespace: this.#namespace,
      transport: ports.broker.name,
      state: this.#state,
      types: Array.from(types.values(), typeDescription),
      pools: Array.from(this.#worker?.pools ?? [], poolDescription),
      checks: {
        state: this.#state === "running" ? "ok" : `the worker is ${this.#state}`,
        ...this.#worker?.checks,
        brake: brakes.check,
      },
    };
  }

  close({ drainTimeout = defaultDrainMs }: { drainTimeout?: Duration } = {}): Promise<void> {
    const graceMs = durationMs(drainTimeout, "drainTimeout");
    this.#closing ??= this.#close(graceMs);
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** What this worker has to do; `undefined` for a client. */
  report(): WorkerReport | undefined {
    return this.#worker?.inspector.worker();
  }

  // ---- for tests of actors (`actor-runtime/testing`)

  /** Nothing runs, waits or is on its way, but for what waits for its time. */
  get idle(): boolean {
    const { lanes, alarms } = this.#process.services;
    return lanes.idle && alarms.idle && (this.#worker?.idle ?? true);
  }

  /** Drops everything in memory of the actor's partition, as a crash of its worker would; resolves once it is served anew. */
  async crash(address: string): Promise<void> {
    await this.#hosting().crash(address);
  }

  /**
   * Stores state for an actor that is not in memory, as a commit of its own would; other fields keep their initial values.
   *
   * @param values by field of its class
   * @throws ConfigError when it is in memory, its type is not hosted here, or its class has no such `@State` field
   */
  async seed(type: AnyActor, key: string, values: Readonly<Record<string, unknown>>): Promise<void> {
    await this.#hosting().seed(formatAddress(actorName(type), key), values);
  }

  #hosting(): Worker {
    if (!this.#worker) throw new ConfigError("this system hosts no actors");
    return this.#worker;
  }

  #method({ address, handler }: UntypedCall): BoundMethod {
    const { type, key } = parseAddress(address);
    return bindMethod(this.#process.services.target(type, key), handler);
  }

  async #close(graceMs: number): Promise<void> {
    this.#state = "draining";
    const { services, calling, locks, transactions } = this.#process;
    const { calls, directory, lanes, timers, ports } = services;
    transactions.close();
    this.#timeKeeper.stop();
    const until = ports.clock.monotonic() + graceMs;
    const servedElsewhere = await this.#worker?.stop(graceMs);
    // What this process asked, others may answer now.
    if (servedElsewhere) await calls.finish(until, servedElsewhere);
    await transactions.giveUp();
    await locks.close();
    calls.close();
    directory.close();
    await lanes.finish();
    lanes.close();
    calling.workers.close();
    timers.clear();
    this.#stopObserving();
    await this.#replies?.close();
    await Promise.all([ports.broker.close(), ports.store.close(), ports.alarms.close()]);
    this.#state = "closed";
    await this.#onClosed?.();
  }
}

function optionsOf({ timeout, signal, idempotencyKey, headers, parent, traced }: UntypedCall): RefOptions {
  return {
    ...(timeout !== undefined && { timeout }),
    ...(signal && { signal }),
    ...(idempotencyKey !== undefined && { idempotencyKey }),
    ...(headers && { headers }),
    ...(parent && { parent }),
    ...(traced && { traced }),
  };
}
