import type { Clock, Duration, HeldLock, Logger } from "@actor-runtime/core";
import type { Half } from "@actor-runtime/embedded";
import type { ActorSystem, AnyActor, Limits, Ports, RefBy } from "@actor-runtime/runtime";
import type { Provided } from "../test-services.js";
import type { SentMessage, TestDeadLetter } from "../traffic.js";
import type { Latency } from "./latency.js";
import type { TracedCall } from "./traced.js";

export interface TestClusterOptions {
  readonly actors: readonly AnyActor[];
  /** How many start with the cluster, named `w1`, `w2`, …; or their names. Default 3. */
  readonly workers?: number | readonly string[];
  /** Decides every order, every delay, ids, `self.random()`. The same seed gives the same history. Default 1. */
  readonly seed?: number;
  /**
   * What is injected instead of the real thing, in every worker or in each; see `testSystem`. Each process makes other
   * services anew.
   */
  readonly provide?: readonly Provided[] | ((process: ProvidedProcess) => readonly Provided[]);
  /** Default: those of a real worker, with leases of 10 s. */
  readonly limits?: Partial<Limits>;
  /** How long messages are on their way. */
  readonly latency?: Partial<Latency>;
  /** Puts something else in the place of a port of each process, to see what a fault in it does. */
  readonly ports?: (ports: Ports, process: string) => Ports;
  /** Where time stands at first. Default 2026-01-01 00:00 UTC. */
  readonly start?: Date | number;
  /** Default: none, since workers say much when others are killed. */
  readonly log?: Logger;
  /** Hears of every call that a process makes to the broker or the store, and of every delivery: the history of the cluster. */
  readonly trace?: (call: TracedCall) => void;
}

/** The worker that something is provided for. */
export interface ProvidedProcess {
  readonly name: string;
  /** Its own: it stands still while the process is frozen, and nothing comes of it once the process has ended. */
  readonly clock: Clock;
}

/** How one worker differs from the others. */
export interface WorkerOptions {
  /** Default: those of the cluster. */
  readonly actors?: readonly AnyActor[];
  /** Its share of the partitions relative to others. Default 1. */
  readonly weight?: number;
  /** Build of its code; partitions go to the newest first. */
  readonly build?: string;
}

/**
 * - `starting`, `running`: as it says. `draining`: gives its partitions up.
 * - `frozen`: nothing in it runs, as after SIGSTOP or in a paused virtual machine; its memory stays.
 * - `killed`: ended without a word. `stopped`: ended by itself after it drained.
 */
export type ProcessState = "starting" | "running" | "frozen" | "draining" | "killed" | "stopped";

export interface TestWorker {
  readonly name: string;
  readonly state: ProcessState;
  /** What of the world it cannot reach. */
  readonly cutOff: Half | undefined;
  /** Timers that it has set; one that stopped by itself has left none. */
  readonly timers: number;
}

/**
 * Workers in this process, on one broker and one store in memory. Time stands still until the test moves it, and everything
 * that happens takes time: messages are on their way for about a millisecond. Faults are named after what happens to
 * processes; they strike at once, and what follows from them needs time.
 */
export interface TestCluster extends AsyncDisposable {
  /**
   * References of a client outside the workers, which is named `client`; see `ActorSystem.ref`. Its calls end as time
   * moves: put them into {@link until}.
   */
  readonly ref: RefBy<Promise<void>>;

  /**
   * Another client outside the workers; moves time until it is connected. Faults know it by its name.
   *
   * @throws Error when the name is taken
   */
  client(name: string): Promise<ActorSystem>;

  // ---- time

  /** When it is, in milliseconds since 1970, by the clock of the store. Workers have clocks of their own: {@link skew}. */
  now(): number;

  /** For how long it has run, in milliseconds, however clocks were set. */
  uptime(): number;

  /** Moves time forward. What falls due on the way runs at its own time, in order. */
  advance(duration: Duration): Promise<void>;

  /**
   * Moves time until the promise settles, and no further.
   *
   * @param options.within the most time for it, default `"2m"`
   * @returns what it resolved with; rejects as it does
   * @throws Error when it has not settled within that time
   * @example await cluster.until(cluster.ref(Account, "alice").deposit(100))
   */
  until<T>(promise: PromiseLike<T>, options?: { within?: Duration }): Promise<T>;

  /**
   * Moves time until nothing is on its way: every told message was handled, with what that told in turn, and is committed.
   * What waits for its own time (a delay, the next attempt of a failed message) stays.
   *
   * @param options.within the most time for it, default `"2m"`
   * @throws Error that says what is still on its way
   */
  settle(options?: { within?: Duration }): Promise<void>;

  /**
   * Moves time until every worker that runs and reaches everything is among the workers again, and every partition is served
   * by the one it belongs to, for 3 s.
   *
   * @param options.within the most time for it, default `"2m"`
   * @throws Error that names a worker or a partition of which this is not true
   */
  balanced(options?: { within?: Duration }): Promise<void>;

  // ---- workers

  /** All there ever were, also those that ended, in the order of their first start. */
  readonly workers: readonly TestWorker[];

  /** The same of its clients. */
  readonly clients: readonly TestWorker[];

  /**
   * Starts another worker; moves time until it runs.
   *
   * @throws Error when the name is taken; ConfigError when it cannot host the actors
   */
  start(name: string, options?: WorkerOptions): Promise<void>;

  /**
   * Ends a worker as SIGTERM does: running turns end, partitions are handed over. Moves time until it is gone.
   *
   * @param options.drainTimeout the most time for it, default `"25s"`
   */
  drain(name: string, options?: { drainTimeout?: Duration }): Promise<void>;

  /**
   * Starts a new process under the name of one that ended, or kills it first. Moves time until it runs.
   *
   * @param options instead of those the worker had before
   */
  restart(name: string, options?: WorkerOptions): Promise<void>;

  /** The partition an actor lives in, for example `Account:g1:07`. */
  partitionOf(address: string): string;

  /** The name of the worker that holds the actor's partition by a lease in force; `undefined`: nobody at the moment. */
  owner(address: string): string | undefined;

  /** Who holds a lock now, or may claim it, as the store judges it; `undefined`: nobody. */
  lock(name: string): HeldLock | undefined;

  /** Sessions by which processes hold locks, those that have not ended. One whose process was killed lasts for its lease. */
  readonly lockSessions: readonly string[];

  /** Addresses of actors that transactions hold, by the store. */
  readonly holds: readonly string[];

  /** Addresses of actors that have reminders, by the store. */
  readonly reminded: readonly string[];

  /** How many alarms are set for the next ticks of reminders. */
  readonly alarms: number;

  // ---- faults, by name of a worker or a client

  /**
   * Ends a process at once, as SIGKILL does. What it has sent already still arrives; its channels are gone, its lease and
   * membership end by themselves.
   */
  kill(name: string): void;

  /**
   * Stops a process, as SIGSTOP does. Everything for it waits: timers, deliveries, answers. After 15 s, three missed heartbeats
   * of 5 s, the broker drops its connection, of which it learns when it wakes.
   */
  freeze(name: string): void;

  /** Lets a frozen process go on, as SIGCONT does: first comes all that waited, in order. */
  wake(name: string): void;

  /**
   * The process can no longer reach the broker, the store, or both. What is on its way either way is lost: a call may have
   * taken effect or not. Channels are gone at once. Default `"both"`.
   */
  partition(name: string, half?: Half): void;

  /**
   * Nothing gets through between the process and the broker, the store, or both, and nobody is told: calls hang. Healed in time,
   * all of it arrives late. Otherwise the connection is given up, to the store after 2.5 s, to the broker after 15 s; from then
   * on the process is cut off as by {@link partition}. Default `"both"`.
   */
  stall(name: string, half?: Half): void;

  /** The process reaches everything again. */
  heal(name: string): void;

  /** Sets the wall clock of a process forward by so many milliseconds, or back by a negative number; timers do not notice. */
  skew(name: string, ms: number): void;

  /** Sets the wall clocks of the store and of all processes forward by so many milliseconds, or back by a negative number. */
  setTime(ms: number): void;

  /** Consumers of the actor's partition, or of all, lose their channels. */
  cutChannels(address?: string): void;

  /** The next `count` publishes, by whoever, are carried out but not confirmed. */
  loseConfirms(count: number): void;

  /** While on, publishes to the partition of the actor are refused, as if its mailbox were full. */
  refuse(address: string, on: boolean): void;

  /** The reply queue of a process is lost and made again: answers on their way to it are gone. */
  reopenReplies(name: string): void;

  /** The next `count` commits, by whoever, fail before they are written, or after it: then only the answer is lost. */
  failCommits(count: number, mode: "before" | "after"): void;

  /**
   * Alarms of reminders in the actor's partition, or all, are forgotten, as when the Redis server of BullMQ was restored or
   * flushed. Those ticks come some seconds late, from the owners of their actors.
   */
  loseAlarms(address?: string): void;

  /** All alarms of reminders ring now, before their time, and again at it. */
  ringAlarms(): void;

  /** The next `count` alarms that ring do so twice, half a second apart. */
  repeatAlarms(count: number): void;

  /**
   * Remembers what the store holds; the function returned puts it back, as a failover or a restored backup does: what was
   * committed since is lost.
   */
  backup(): () => void;

  // ---- what happened

  /** Every ask, query and tell handed to the broker so far, by clients or actors, in order; each once, however often it is sent. */
  readonly sent: readonly SentMessage[];

  /** Told messages that became dead letters so far, in order. */
  readonly deadLetters: readonly TestDeadLetter[];

  /** Ends everything where it stands, without time passing: calls under way stay pending. */
  close(): Promise<void>;
}
