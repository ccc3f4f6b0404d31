import { createHash } from "node:crypto";
import type { Clock } from "@actor-runtime/core";
import { SeededRandom } from "@actor-runtime/embedded";
import type { ActorSystem, Ports } from "@actor-runtime/runtime";
import { checkHistory } from "../checkers/check-history.js";
import type { History } from "../checkers/history.js";
import { HistoryRecorder } from "../checkers/history-recorder.js";
import { checkLocks } from "../checkers/locks/check-locks.js";
import { checkFencedEffects } from "../checkers/locks/fenced-writes.js";
import type { LockHistory } from "../checkers/locks/lock-history.js";
import { describeLockViolation } from "../checkers/locks/lock-violation.js";
import { checkReminders } from "../checkers/reminders/check-reminders.js";
import type { ReminderHistory } from "../checkers/reminders/reminder-history.js";
import { describeReminderViolation } from "../checkers/reminders/reminder-violation.js";
import type { TransactionHistory } from "../checkers/transactions/transaction-history.js";
import { describeTransactionViolation } from "../checkers/transactions/transaction-violation.js";
import { describeViolation } from "../checkers/violation.js";
import { testCluster } from "../cluster/virtual-cluster.js";
import { Guarded, Journal, journalKeys, Loose, Meter, Sink } from "./actors.js";
import { allActors, noting, partitions } from "./addresses.js";
import { Clerk } from "./clerk.js";
import { CountingTelemetry } from "./counting-telemetry.js";
import { Dice } from "./dice.js";
import { clockStep, type Fault, faults, rewind } from "./faults.js";
import { Load } from "./load.js";
import { LockTraffic } from "./lock-traffic.js";
import { Probe } from "./probe.js";
import { ReminderTraffic } from "./reminder-traffic.js";
import { Scene } from "./scene.js";
import { TransactionTraffic } from "./transaction-traffic.js";
import { Account, Shelf } from "./transactional-actors.js";
import { Watch } from "./watch.js";

export interface SimulationOptions {
  /** Decides everything: the same seed gives the same history. */
  readonly seed: number;
  /** How long it goes on; at each step clients call and a fault may strike. Default 40. */
  readonly steps?: number;
  /** Lets the store lose writes too, by which less is promised. Default `false`. */
  readonly rewinds?: boolean;
  /** Has somebody set the clocks of the store and of all processes now and then. Default `false`. */
  readonly clockSteps?: boolean;
  /** Puts something broken in the place of a port, to see whether it is found. */
  readonly ports?: (ports: Ports, process: string) => Ports;
}

/** How often a kind of fault struck, and how often that made a difference to anybody. */
export interface FaultCount {
  readonly struck: number;
  readonly bit: number;
}

export interface Simulation {
  readonly seed: number;
  /** Promises that were broken, in words; none: all were kept. */
  readonly violations: readonly string[];
  /** By name. */
  readonly faults: Readonly<Record<string, FaultCount>>;
  readonly history: History;
  /** What became of locks meanwhile. */
  readonly locks: LockHistory;
  /** What became of transactions. */
  readonly transactions: TransactionHistory;
  /** What became of reminders. */
  readonly reminders: ReminderHistory;
  /** What processes counted, by instrument. */
  readonly counts: Readonly<Record<string, number>>;
  /** Of all histories: two runs of one seed have the same. */
  readonly hash: string;
  /** How long it took for those in it, in ms. */
  readonly virtualMs: number;
}

const defaultSteps = 40;
const faultRate = 0.35;
const reminderRate = 0.25;
/** Short, so that a simulation sees many of them end. */
const leaseMs = 3_000;
const retryMaxMs = 1_000;
const limits = {
  leaseMs,
  handoffGraceMs: 1_000,
  brokerGraceMs: 2_000,
  holdMs: leaseMs,
  retry: { firstMs: 50, maxMs: retryMaxMs },
};
/** So small that messages are stored behind a slow actor. */
const smallWindow = { maxUnsettledBytes: 1 };
/** So short that streams are given up by their senders, and forgotten by their owners. */
const shortMemory = { streamRetentionMs: 20_000 };
const slowNetwork = { maxMs: 20, slowPerMille: 30, slowMs: 1_500 };
/**
 * All on a connection waits behind its slowest hop, so a renewal may take longer than the lease that it is to renew, in peace, too:
 * the lease runs out, and its owner asks for it anew and reads what there is.
 */
const slowTakeoverMs = leaseMs + 2 * slowNetwork.slowMs;
/** An alarm that its owner was to set is lost with the lease. Owners look every 5 s for ticks that are 5 s late. */
const lostAlarmMs = 10_000;
/**
 * By which times differ, and ticks are late. What is due when peace begins waits for as long as on a fast network, and for owners
 * that lose the partition before they have committed anything, some in a row. Later, a tick whose alarm is lost takes the hops to
 * the index, to the record, to the mailbox and to the actor.
 */
const slowClocks = {
  clockMs: 2_000,
  lateMs: 15_000 + 5 * slowTakeoverMs,
  promptMs: lostAlarmMs + 4 * slowNetwork.slowMs,
};
/** There must be time to set clocks back by. */
const hourMs = 3_600_000;
/** What takes longer than this in peace will never end. */
const peaceMs = 90_000;

/**
 * Runs a cluster under faults that the seed decides, then in peace, and holds what clients and actors saw against what is
 * promised.
 *
 * The way of testing is that of FoundationDB (Zhou et al., "FoundationDB: A Distributed Unbundled Transactional Key Value
 * Store", SIGMOD 2021, section 4): everything runs in one process on simulated time, so that a seed is a whole history.
 *
 * @example
 * const { violations } = await simulate({ seed: 7 });
 */
export async function simulate(options: SimulationOptions): Promise<Simulation> {
  return new Run(options).run();
}

class Run {
  readonly #options: SimulationOptions;
  readonly #faults: readonly Fault[];
  readonly #dice: Dice;
  readonly #watch = new Watch();
  readonly #violations: string[] = [];
  readonly #counts = new Map<string, number>();
  readonly #bites: { readonly name: string; readonly bit: () => boolean }[] = [];
  /** Of the process that has the name now. */
  readonly #probes = new Map<string, Probe>();
  #recorder!: HistoryRecorder;
  #locks!: LockTraffic;
  #transactions!: TransactionTraffic;
  #reminders!: ReminderTraffic;
  #scene!: Scene;
  #isSlow = false;
  #load!: Load;

  constructor(options: SimulationOptions) {
    this.#options = options;
    const { rewinds, clockSteps } = options;
    this.#faults = [...faults, ...(rewinds ? [rewind] : []), ...(clockSteps ? [clockStep] : [])];
    this.#dice = new Dice(new SeededRandom(options.seed));
  }

  async run(): Promise<Simulation> {
    const { seed } = this.#options;
    await this.#open();
    try {
      await this.#storm();
      await this.#makePeace();
      await this.#slowActor();
      await this.#lockInPeace();
      await this.#reminders.inPeace(this.#scene);
      await this.#transactions.comeToRest(this.#scene);
      await this.#reminders.end(this.#scene);
      await this.#readStates();
      await this.#end();
    } catch (error) {
      this.#violations.push(`it went on no further: ${error instanceof Error ? error.message : String(error)}`);
    }
    const virtualMs = this.#scene.now();
    await this.#scene.cluster.close();
    const history = this.#recorder.history();
    const locks = this.#locks.recorder.history(history);
    const transactions = this.#transactions.recorder.history();
    const reminders = this.#reminders.recorder.history(history.rewinds.length > 0);
    const lockViolations = [...checkLocks(locks), ...checkFencedEffects(history)];
    this.#violations.push(
      ...checkHistory(history).map(describeViolation),
      ...lockViolations.map(describeLockViolation),
      ...(this.#options.rewinds ? [] : this.#transactions.check(history).map(describeTransactionViolation)),
      ...checkReminders(reminders, this.#isSlow ? slowClocks : {}).map(describeReminderViolation),
      ...this.#scene.failures,
    );
    const hash = createHash("sha256")
      .update(JSON.stringify([history, locks, transactions, reminders]))
      .digest("hex");
    return {
      seed,
      violations: this.#violations,
      faults: this.#faultCounts(),
      history,
      locks,
      transactions,
      reminders,
      counts: Object.fromEntries(this.#counts),
      hash,
      virtualMs,
    };
  }

  async #open(): Promise<void> {
    const { seed, ports, clockSteps = false } = this.#options;
    const ids = new Map<string, string>();
    const names = { count: 0 };
    let launched = 0;
    const time = { monotonic: () => cluster.uptime() };
    const recorder = new HistoryRecorder(time);
    const clocks = new Map<string, Clock>();
    const locks = new LockTraffic({
      mark: () => recorder.mark(),
      cluster: () => cluster,
      clock: (process) => clocks.get(process)!,
      report: (what) => void this.#violations.push(`P10: ${what}`),
    });
    const transactions = new TransactionTraffic({
      dice: this.#dice,
      recorder,
      clock: (process) => clocks.get(process)!,
      report: (what) => void this.#violations.push(`P9: ${what}`),
    });
    const reminders = new ReminderTraffic({ dice: this.#dice, recorder, now: () => cluster.now() });
    const isSlow = this.#dice.happens(0.3);
    const cluster = await testCluster({
      actors: allActors,
      workers: this.#dice.between(3, 4),
      seed,
      start: clockSteps ? hourMs : 0,
      limits: {
        ...limits,
        ...(this.#dice.happens(0.5) && smallWindow),
        ...(this.#dice.happens(0.3) && !clockSteps && shortMemory),
      },
      ...(isSlow && { latency: slowNetwork }),
      trace: this.#watch.note,
      provide: ({ name, clock }) => {
        launched += 1;
        const id = `${name}.${launched}`;
        ids.set(name, id);
        const probe = new Probe(recorder, transactions.recorder, reminders.recorder, locks.scene, id, clock, names);
        this.#probes.set(name, probe);
        return [[Probe, probe]];
      },
      ports: (given, process) => {
        clocks.set(process, given.clock);
        const counted = { ...given, telemetry: new CountingTelemetry(this.#counts) };
        return ports ? ports(counted, process) : counted;
      },
    });
    for (const [address, partition] of Object.entries(partitions)) recorder.partition(address, partition);
    const operator = await cluster.client("operator");
    this.#recorder = recorder;
    this.#locks = locks;
    this.#transactions = transactions;
    this.#reminders = reminders;
    this.#isSlow = isSlow;
    this.#load = new Load(this.#dice, recorder);
    this.#scene = new Scene(
      {
        ...{ cluster, dice: this.#dice, watch: this.#watch, recorder, operator },
        ...{ locks: locks.recorder, transactions: transactions.recorder },
        reminders: reminders.recorder,
      },
      ids,
    );
    for (const name of ["c1", "c2"].concat(this.#dice.happens(0.5) ? ["c3"] : [])) await this.#scene.connect(name);
  }

  async #storm(): Promise<void> {
    const scene = this.#scene;
    // A holder that is frozen at the end has to lose its lock first, to somebody who wants it.
    for (let step = this.#options.steps ?? defaultSteps; step > 0 || scene.clientsFrozen; step--) {
      const clients = scene.awakeClients();
      for (let calls = this.#dice.below(4); calls > 0 && clients.length > 0; calls--) {
        const [name, client] = this.#dice.oneOf(clients);
        this.#load.send(client, name);
      }
      for (let takes = this.#dice.below(3); takes > 0 && clients.length > 0; takes--) {
        const [name, client] = this.#dice.oneOf(clients);
        this.#load.lock(client, name, this.#locks.user(name));
      }
      for (let count = this.#dice.below(3); count > 0 && clients.length > 0; count--) {
        const [name, client] = this.#dice.oneOf(clients);
        this.#transactions.send(client, name);
      }
      if (clients.length > 0 && this.#dice.happens(reminderRate)) {
        const [name, client] = this.#dice.oneOf(clients);
        this.#reminders.send(client, name, scene.operator);
      }
      if (this.#dice.happens(faultRate)) this.#strike();
      await scene.advance(this.#dice.happens(0.9) ? this.#dice.below(60) : this.#dice.below(6_000));
    }
  }

  #strike(): void {
    const fault = this.#dice.weighted(this.#faults);
    const bit = fault.strike(this.#scene);
    if (bit !== undefined) this.#bites.push({ name: fault.name, bit });
  }

  /** Nothing fails any more: everything sent has to be handled, and every partition has to find its place (I10). */
  async #makePeace(): Promise<void> {
    const scene = this.#scene;
    const { cluster, operator } = scene;
    scene.endFaults();
    this.#reminders.makePeace(scene);
    cluster.loseConfirms(0);
    cluster.failCommits(0, "before");
    // Also what was resumed already, when the store has forgotten it since.
    for (const target of await cluster.until(operator.actors.paused())) {
      scene.inBackground(`resume ${target}`, operator.actors.resume(target));
    }
    // Somebody must be there for all types.
    scene.start(scene.freshName());
    await this.#allCallsEnd();
    await cluster.settle({ within: peaceMs });
    // Messages that wait for their next attempt, and what they send on.
    for (let rounds = 0; rounds < 3; rounds++) {
      await scene.advance(retryMaxMs);
      await cluster.settle({ within: peaceMs });
    }
    await cluster.balanced({ within: peaceMs });
  }

  async #allCallsEnd(): Promise<void> {
    const scene = this.#scene;
    const deadline = scene.now() + peaceMs;
    while (scene.busy || this.#waiting > 0) {
      if (scene.now() > deadline) throw new Error(`a call or a drain has not ended after ${peaceMs} ms of peace`);
      await scene.advance(100);
    }
  }

  /** Calls, and attempts to take locks, and transactions that have not ended. */
  get #waiting(): number {
    return this.#recorder.pending() + this.#locks.recorder.pending() + this.#transactions.recorder.pending();
  }

  /** In peace, a busy actor holds up nobody else. */
  async #slowActor(): Promise<void> {
    const scene = this.#scene;
    const slow = this.#dice.oneOf(journalKeys);
    const others = journalKeys.filter((key) => key !== slow);
    const [name, client] = ["operator", scene.operator] as const;
    const fromMs = scene.now();
    this.#load.besideSlow(client, name, slow, others, 3_000);
    await scene.advance(4_000);
    this.#recorder.calm(fromMs, scene.now());
    await this.#allCallsEnd();
    await scene.cluster.settle({ within: peaceMs });
  }

  /** In peace, who comes first is served first, and who waits in a circle hears of it. */
  async #lockInPeace(): Promise<void> {
    // With a slow network nobody can say which of two requests came first.
    if (this.#isSlow) return;
    await this.#locks.queue(this.#scene, this.#load);
    await this.#locks.cycle(this.#scene, this.#load);
  }

  async #readStates(): Promise<void> {
    const { cluster, operator } = this.#scene;
    for (const address of noting) {
      this.#recorder.final(address, await cluster.until(list(operator, address)));
    }
    await this.#transactions.readStates(cluster, operator);
    for (const letter of await cluster.until(collect(operator.dead.list()))) {
      if (this.#reminders.buried(letter)) continue;
      const [message] = "args" in letter.message ? letter.message.args : [];
      this.#recorder.deadLetter({ address: letter.address, message: String(message), cause: letter.cause.message });
    }
  }

  /** All go home, one after the other. */
  async #end(): Promise<void> {
    const { cluster, operator, clients } = this.#scene;
    // Lock actors look once more before they forget.
    await this.#scene.advance(1_000);
    const locks = (await cluster.until(operator.locks.list())).map(({ name }) => name);
    const actors = (await cluster.until(collect(operator.actors.list("$Lock")))).map(({ address }) => address);
    for (const client of [...clients.values(), operator]) await cluster.until(client.close());
    for (const { name } of cluster.workers.filter(({ state }) => state === "running")) await cluster.drain(name);
    this.#locks.recorder.left({ locks, actors, sessions: cluster.lockSessions });
    for (const { name, timers } of cluster.clients) {
      if (clients.has(name) && timers > 0) this.#violations.push(`${name} has closed and left ${timers} timers`);
    }
    for (const { name, state, timers } of cluster.workers) {
      const left = timers - this.#probes.get(name)!.sleeping;
      if (state === "stopped" && left > 0) this.#violations.push(`${name} has stopped and left ${left} timers`);
      if (state !== "stopped" && state !== "killed") this.#violations.push(`${name} is ${state} in the end`);
    }
  }

  #faultCounts(): Record<string, FaultCount> {
    return Object.fromEntries(
      this.#faults.map(({ name }) => {
        const strikes = this.#bites.filter((strike) => strike.name === name);
        return [name, { struck: strikes.length, bit: strikes.filter(({ bit }) => bit()).length }];
      }),
    );
  }
}

const classes = { Journal, Sink, Loose, Meter, Guarded, Account, Shelf, Clerk };

async function list(system: ActorSystem, address: string) {
  const [type, key] = address.split("/") as [keyof typeof classes, string];
  return system.ref(classes[type], key).list();
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}
