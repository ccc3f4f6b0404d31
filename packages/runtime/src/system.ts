import {
  ConfigError,
  type Container,
  checkType,
  type Duration,
  durationMs,
  formatAddress,
  type Logger,
  maxWeight,
  parseAddress,
  parsePoolQueue,
  type ReplyQueue,
} from "@actor-runtime/core";
import { StoredActors } from "./actor-admin.js";
import type { ActorAdmin, ActorSystem, SystemDescription, UntypedCall } from "./actor-system.js";
import { normalCallOptions, type RefOptions } from "./client/call-options.js";
import { Calls } from "./client/calls.js";
import { Directory } from "./client/directory.js";
import { Lanes } from "./client/lanes.js";
import { OperatorCalls } from "./client/operator-calls.js";
import { OutsideCaller } from "./client/outside-caller.js";
import { type BoundMethod, bindMethod, type KnownType } from "./client/ref.js";
import { knownStateless, refBy, targetBy } from "./client/ref-by.js";
import type { RefBy } from "./client/ref-types.js";
import { type Cluster, StoredCluster } from "./cluster.js";
import { consoleLog } from "./console-log.js";
import { BrokerDeadLetters, type DeadLetters } from "./dead-letters.js";
import { Deadlines } from "./deadlines.js";
import type { AnyActor } from "./definition/actor-definition.js";
import { DefaultContainer } from "./definition/default-container.js";
import { actorName } from "./definition/define.js";
import type { StatelessDefinition } from "./definition/define-stateless.js";
import { Registry } from "./definition/registry.js";
import type { WorkerReport } from "./inspect/reports.js";
import { ClusterLocks } from "./locks/cluster-locks.js";
import { lockAdmin } from "./locks/lock-admin.js";
import { LockCalls } from "./locks/lock-calls.js";
import { LockMetrics } from "./locks/lock-metrics.js";
import { LockTaker } from "./locks/lock-taker.js";
import type { LockAdmin } from "./locks/lock-types.js";
import { ProcessSessions } from "./locks/process-sessions.js";
import { SetTaker } from "./locks/set-taker.js";
import { TurnLocks } from "./locks/turn-locks.js";
import { AskMetrics } from "./metrics/ask-metrics.js";
import { observeProcess } from "./metrics/levels.js";
import type { Meter } from "./metrics/meter.js";
import { Metrics } from "./metrics/metrics.js";
import { TypeMetrics } from "./metrics/type-metrics.js";
import { defaultLimits, type Limits, typeBounds } from "./options.js";
import { LiveWorkers } from "./pools/live-workers.js";
import { PoolLane } from "./pools/pool-lane.js";
import { Spread } from "./pools/spread.js";
import { registerPools } from "./pools/worker-pools.js";
import type { Ports } from "./ports.js";
import { AlarmClock } from "./reminders/alarm-clock.js";
import { reminderAdmin } from "./reminders/reminder-admin.js";
import type { ReminderAdmin } from "./reminders/reminder-admin-types.js";
import { StoredReminders } from "./reminders/stored-reminders.js";
import { StoreTime } from "./store-time.js";
import { isSystemType } from "./system-handlers.js";
import { withSystemServices } from "./system-services.js";
import { Tracing } from "./tracing/tracing.js";
import type { TracingOptions } from "./tracing-options.js";
import { ClusterTransactions, type TransactionArguments } from "./transactions/cluster-transactions.js";
import { Committer } from "./transactions/committer.js";
import { transactionAdmin } from "./transactions/transaction-admin.js";
import { TransactionCalls } from "./transactions/transaction-calls.js";
import type { TransactionAdmin } from "./transactions/transaction-types.js";
import type { Watchdog } from "./watchdog.js";
import { HostedType } from "./worker/activation.js";
import { ActivationList } from "./worker/activation-list.js";
import { Brakes } from "./worker/brakes.js";
import { Concurrency, TypeConcurrency } from "./worker/concurrency.js";
import { registerMailboxes } from "./worker/register.js";
import { ReplyBatch } from "./worker/reply-batch.js";
import type { WorkerServices } from "./worker/services.js";
import { turnCalls } from "./worker/turn-calls.js";
import { Worker } from "./worker/worker.js";

export interface SystemOptions {
  readonly ports: Ports;
  /** Types this process hosts; none: it is a client. */
  readonly actors?: readonly AnyActor[];
  /** Where `inject` gets services from; default: one instance per class without constructor parameters. */
  readonly container?: Container;
  /** Keeps systems on the same services apart. Default `"default"`. */
  readonly namespace?: string;
  /** Default: random. */
  readonly workerId?: string;
  /** Its share of the partitions relative to other workers. Default 1. */
  readonly weight?: number;
  /** Names its code; in a rolling deploy the newest build is preferred. Default `""`. */
  readonly build?: string;
  /** Default: warnings and errors on stderr. */
  readonly log?: Logger;
  /** Find state that a query changed in place, right after the query. Default `false`. */
  readonly dev?: boolean;
  readonly watchdog?: Watchdog;
  readonly tracing?: TracingOptions;
  /** What this process takes on, and its times; `limitsOf` makes them of what users write. */
  readonly limits?: Partial<Limits>;
  /** Called once the system is closed, also when it could not be started; closing waits for it. */
  readonly onClosed?: () => void | Promise<void>;
}

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
  readonly #services: WorkerServices;
  readonly #caller: OutsideCaller;
  readonly #locks: ClusterLocks;
  readonly #transactions: ClusterTransactions;
  readonly #lockMetrics: LockMetrics;
  readonly #workers: LiveWorkers;
  #worker: Worker | undefined;
  readonly #onClosed: SystemOptions["onClosed"];
  #replies: ReplyQueue | undefined;
  #stopObserving = () => {};
  #state: SystemDescription["state"] = "starting";
  #closing: Promise<void> | undefined;

  constructor(options: SystemOptions) {
    const { ports, actors = [], log = consoleLog } = options;
    this.#onClosed = options.onClosed;
    this.#namespace = namespaceOf(options.namespace ?? "default");
    const time = new StoreTime(ports.clock);
    const meter = { telemetry: ports.telemetry, clock: ports.clock, time };
    const limits = { ...defaultLimits, ...options.limits };
    const registry = Registry.of(actors);
    const types = hostedTypes(registry, meter, limits);
    const stateless = new Map(Array.from(registry.stateless, (definition) => [definition.name, definition]));
    for (const [type, bounds = {}] of Object.entries(limits.types)) {
      if (types.has(type)) continue;
      if (!stateless.has(type)) {
        log.warn({ type }, `limits.types.${type}: this process hosts no type of that name`);
      } else if (Object.keys(bounds).some((bound) => bound !== "maxTurns")) {
        log.warn(
          { type },
          `limits.types.${type}: it is a stateless type, of which only the concurrency has a limit here`,
        );
      }
    }
    const hosted = (type: string): KnownType | undefined =>
      types.get(type)?.definition ?? knownHere(stateless.get(type));
    const activations = new ActivationList();
    const directory = new Directory(ports.store);
    const { streamRetentionMs } = limits;
    const { broker, clock, random } = ports;
    this.#workers = new LiveWorkers(ports.membership, clock, limits.leaseMs / 3);
    const lanes = new Lanes({ broker, clock, random, time, streamRetentionMs, replyTo: "" }, (queue) => {
      const { type } = parsePoolQueue(queue);
      const balance = directory.balanceOf(type) ?? "least-busy";
      const spread =
        balance === "least-busy"
          ? undefined
          : new Spread(type, balance, { workers: this.#workers, clock, random, log });
      return new PoolLane(queue, { pools: ports.pools, clock, random, time }, spread);
    });
    const carrier = broker.name === "embedded" ? "in_memory" : broker.name;
    const tracing = new Tracing(ports.telemetry, carrier, options.tracing ?? {});
    const calls = new Calls(lanes, clock, time, log, new AskMetrics(ports.telemetry), tracing);
    const workerId = options.workerId ?? `worker-${ports.random.id().slice(0, 8)}`;
    const incarnation = ports.random.id();
    const { weight = 1, build = "" } = options;
    if (!(weight > 0 && weight <= maxWeight)) {
      throw new ConfigError(`weight: ${weight} must be a number above 0, at most ${maxWeight}`);
    }
    this.#caller = new OutsideCaller(calls, directory, time, tracing);
    const target = targetBy(hosted);
    this.ref = refBy<Promise<void>>(this.#caller, target);
    const lockMetrics = (this.#lockMetrics = new LockMetrics(ports.telemetry));
    const identity = `${workerId}/${incarnation}`;
    const sessions = new ProcessSessions({ leases: ports.locks, clock, log }, random, identity);
    const unclaimed = () => lockMetrics.unclaimed();
    const lockCalls = new LockCalls(this.#caller);
    const one = new LockTaker(
      { leases: ports.locks, clock, now: () => time.now(), calls: lockCalls, sessions, unclaimed },
      identity,
    );
    const taker = new SetTaker(one, clock, random);
    this.#locks = new ClusterLocks({ leases: ports.locks, clock, taker, sessions, tracing, metrics: lockMetrics, log });
    const metrics = new Metrics(meter, types);
    const transactionCalls = new TransactionCalls(this.#caller);
    this.#transactions = new ClusterTransactions({
      caller: this.#caller,
      target,
      clock,
      time,
      random,
      calls: transactionCalls,
      committer: new Committer(transactionCalls, directory, time, clock, random),
      running: calls.transactions,
      tracing,
      metrics: metrics.transactions,
    });
    this.locks = lockAdmin(this.#locks, { ports, directory, time, ref: this.ref });
    this.#services = {
      workerId,
      incarnation,
      member: { id: workerId, incarnation, types: [...types.keys(), ...stateless.keys()], weight, build },
      ports,
      time,
      log,
      tracing,
      limits,
      container: withSystemServices(options.container ?? new DefaultContainer(), {
        leases: ports.locks,
        log,
        telemetry: ports.telemetry,
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
      timers: new Deadlines(ports.clock),
      watchdog: options.watchdog,
      dev: options.dev ?? false,
      alarms: new AlarmClock({ ports, time, lanes, log }),
      transactions: transactionCalls,
      target,
      turnRef: refBy<void>(turnCalls, target),
      turnLocks: (turn) => new TurnLocks(this.#locks, turn),
    };
    const operatorCalls = new OperatorCalls(calls, tracing);
    this.actors = new StoredActors(ports, directory, operatorCalls);
    this.dead = new BrokerDeadLetters(ports, directory, calls, tracing);
    this.cluster = new StoredCluster(ports);
    this.transactions = transactionAdmin({
      ...{ store: ports.store, directory, time, cluster: this.cluster, calls: transactionCalls },
      inDoubt: (id) => this.#transactions.outcome(id),
    });
    const stored = new StoredReminders(ports.store, directory);
    this.reminders = reminderAdmin({ stored, directory, time, calls: operatorCalls });
  }

  async start(): Promise<void> {
    const { calls, ports, time, types, stateless } = this.#services;
    // Deadlines and delays are judged by it, whatever the clock here says.
    time.correct(await ports.store.time());
    this.#replies = await ports.broker.openReplies({
      receive: (body) => calls.receive(body),
      reopened: () => calls.repeatAll(),
    });
    calls.open(this.#replies.address);
    this.#stopObserving = observeProcess(ports.telemetry, {
      calls,
      locks: this.#lockMetrics,
      checks: () => this.describe().checks,
    });
    if (types.size > 0 || stateless.size > 0) {
      const mailboxes = await registerMailboxes(this.#services);
      await registerPools(this.#services);
      this.#worker = new Worker(this.#services, mailboxes);
      await this.#worker.start();
    }
    this.#state = "running";
  }

  // Async: a bad address is a rejection like every other failure of a call.
  async ask(call: UntypedCall): Promise<unknown> {
    const method = this.#method(call);
    return this.#caller.ask(method, call.args, normalCallOptions(optionsOf(call), method.target));
  }

  async tell(call: UntypedCall): Promise<void> {
    const method = this.#method(call);
    await this.#caller.tell(method, call.args, normalCallOptions(optionsOf(call), method.target));
  }

  transaction<R>(...args: TransactionArguments<R>): Promise<R> {
    return this.#transactions.run(...args);
  }

  describe(): SystemDescription {
    const { workerId, ports, types, brakes } = this.#services;
    return {
      workerId,
      namespace: this.#namespace,
      transport: ports.broker.name,
      state: this.#state,
      types: Array.from(types.values(), ({ definition, activations, brake }) => ({
        name: definition.name,
        mailbox: definition.mailbox.name,
        partitions: definition.mailbox.partitions,
        handlers: namesOf(definition.methods, "handler"),
        queries: namesOf(definition.methods, "query"),
        activations,
        paused: [...brake.paused],
        braked: brake.failures.on,
      })),
      pools: Array.from(this.#worker?.pools ?? [], ({ definition, concurrency, load }) => ({
        name: definition.name,
        balance: definition.balance,
        concurrency,
        handlers: namesOf(definition.methods, "handler"),
        queries: namesOf(definition.methods, "query"),
        running: load.running,
        waiting: load.waiting,
        standing: load.standing,
      })),
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
    const { lanes, alarms } = this.#services;
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
    return bindMethod(this.#services.target(type, key), handler);
  }

  async #close(graceMs: number): Promise<void> {
    this.#state = "draining";
    this.#transactions.close();
    const { calls, lanes, timers, ports } = this.#services;
    const until = ports.clock.monotonic() + graceMs;
    const servedElsewhere = await this.#worker?.stop(graceMs);
    // What this process asked, others may answer now.
    if (servedElsewhere) await calls.finish(until, servedElsewhere);
    await this.#transactions.giveUp();
    await this.#locks.close();
    calls.close();
    await lanes.finish();
    lanes.close();
    this.#workers.close();
    timers.clear();
    this.#stopObserving();
    await this.#replies?.close();
    await Promise.all([ports.broker.close(), ports.store.close(), ports.alarms.close()]);
    this.#state = "closed";
    await this.#onClosed?.();
  }
}

function knownHere(definition: StatelessDefinition | undefined): KnownType | undefined {
  return definition && knownStateless(definition.type, definition);
}

function hostedTypes(registry: Registry, meter: Meter, limits: Limits): Map<string, HostedType> {
  const types = new Map<string, HostedType>();
  const worker = new Concurrency(limits.maxTurns);
  const system = new Concurrency(Number.POSITIVE_INFINITY);
  for (const definition of registry) {
    const { name, methods } = definition;
    const bounds = typeBounds(limits, name);
    // What others wait for is the business of the system's own types.
    const concurrency = isSystemType(name)
      ? new TypeConcurrency(system, Number.POSITIVE_INFINITY)
      : new TypeConcurrency(worker, bounds.maxTurns);
    types.set(name, new HostedType(definition, new TypeMetrics(meter, name, methods.keys()), { bounds, concurrency }));
  }
  return types;
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

function namesOf(methods: ReadonlyMap<string, { kind: string; name: string }>, kind: string): string[] {
  return [...methods.values()].filter((method) => method.kind === kind).map((method) => method.name);
}

/** @throws ConfigError */
function namespaceOf(name: string): string {
  try {
    checkType(name);
    return name;
  } catch {
    throw new ConfigError(
      `namespace: "${name}" must be 1 to 100 letters, digits, "_", "." or "-", beginning with a letter`,
    );
  }
}
