import {
  ActorError,
  LostOwnershipError,
  type Message,
  NotStartedError,
  poolQueue,
  ServiceTimes,
} from "@actor-runtime/core";
import { refBy } from "../client/ref-by.js";
import type { RefBy } from "../client/ref-types.js";
import { poolKey } from "../client/stateless-target.js";
import type { StatelessDefinition } from "../definition/define-stateless.js";
import { TypeMetrics } from "../metrics/type-metrics.js";
import type { WorkerServices } from "../worker/services.js";
import { Intake } from "./intake.js";
import { PoolCalls } from "./pool-calls.js";
import type { PoolLoad } from "./pool-load.js";
import type { PoolReport } from "./pool-report.js";
import type { PoolScope } from "./pool-scope.js";
import { PoolSettlement, type PoolSettlementHost } from "./pool-settlement.js";
import { type Arrival, PoolSource, type SourceHost } from "./pool-source.js";
import { PoolTurns } from "./pool-turns.js";
import { Work } from "./work.js";

/** The own queue of a worker has nobody else to leave messages to; so many wait here, where a withdrawn call is found. */
const ownAhead = 64;
/** How often it is looked whether everything has ended. */
const pollMs = 5;
/** Senders know by then that this worker stops. */
const goodbyeMs = 300;

/** One stateless type in this worker: takes its messages from the queues, and runs as many at a time as it may. */
export class Pool implements PoolScope, PoolSettlementHost, SourceHost {
  readonly services: WorkerServices;
  readonly definition: StatelessDefinition;
  readonly metrics: TypeMetrics;
  readonly calls: PoolCalls;
  readonly ref: RefBy<void>;
  readonly address: string;
  /** How many calls run at a time, at most. */
  readonly concurrency: number;
  readonly #times = new ServiceTimes();
  readonly #settlement: PoolSettlement;
  readonly #turns: PoolTurns;
  readonly #shared: PoolSource;
  readonly #own: PoolSource | undefined;
  readonly #intake: Intake;
  /** Messages that wait for an instance, oldest first. */
  #ready: Work[] = [];
  readonly #retrying = new Set<Work>();
  /** All that is not acked, or left. */
  readonly #works = new Set<Work>();
  #busy = 0;
  #runs = 0;
  #paused = false;
  #draining = false;
  #revoked = false;

  constructor(services: WorkerServices, definition: StatelessDefinition) {
    const { ports, log, time, workerId, limits } = services;
    const { name, methods, balance } = definition;
    this.services = services;
    this.definition = definition;
    this.address = `${name}/${poolKey}`;
    this.metrics = new TypeMetrics({ telemetry: ports.telemetry, clock: ports.clock, time }, name, methods.keys());
    this.calls = new PoolCalls(services);
    this.ref = refBy<void>(this.calls, services.target);
    this.#settlement = new PoolSettlement(this, this);
    this.#turns = new PoolTurns(this, this.#settlement, this.#times);
    const source = { pools: ports.pools, clock: ports.clock, random: ports.random, log };
    const concurrency = (this.concurrency = limits.types[name]?.maxTurns ?? definition.concurrency);
    this.#shared = new PoolSource(poolQueue(name), source, { prefetch: concurrency }, this);
    this.#intake = new Intake(this.#shared, { type: name, concurrency, times: this.#times, clock: ports.clock, log });
    if (balance === "least-busy") return;
    this.#own = new PoolSource(poolQueue(name, workerId), source, { prefetch: concurrency + ownAhead }, this);
  }

  get name(): string {
    return this.definition.name;
  }

  get revoked(): boolean {
    return this.#revoked;
  }

  /** @throws ConfigError when a queue cannot be consumed, and whatever the constructor of the class throws */
  async start(): Promise<void> {
    this.#turns.prepare();
    await Promise.all(this.#sources.map((source) => source.consume()));
  }

  /** Nothing runs and nothing waits but for another attempt. */
  get idle(): boolean {
    return this.#works.size === this.#retrying.size;
  }

  get paused(): boolean {
    return this.#paused;
  }

  /** Stops or goes on (`false`) to begin calls: what the worker has waits here, what comes then waits in its queue. */
  pause(paused: boolean): void {
    if (paused === this.#paused) return;
    this.#paused = paused;
    const { log } = this.services;
    if (paused) log.warn({ target: this.name }, `${this.name} is paused: no call of it begins, messages wait`);
    else log.info({ target: this.name }, `${this.name} is resumed`);
    this.#adjust();
    this.#pump();
  }

  /** Its queues are consumed. */
  get open(): boolean {
    return this.#sources.every(({ open }) => open);
  }

  get load(): PoolLoad {
    return {
      type: this.definition.name,
      running: this.#busy,
      waiting: this.#ready.length,
      retrying: this.#retrying.size,
      standing: this.#intake.standing,
    };
  }

  /** When the oldest message that waits was published (ms since 1970); infinity: none waits. */
  get oldestAt(): number {
    const [oldest] = this.#ready;
    return oldest === undefined || oldest.inbound.sentAt === 0 ? Number.POSITIVE_INFINITY : oldest.inbound.sentAt;
  }

  /**
   * Stops (DESIGN.md 7): what has not begun goes to other workers, and what came by the worker's own queue is run, for it has
   * nowhere to go, or refused while the type is paused; what still runs at the end is cut short.
   *
   * @param until when the grace ends, by the clock's `monotonic()`
   */
  async drain(until: number): Promise<void> {
    const { clock } = this.services.ports;
    this.#draining = true;
    const quietAt = Math.min(until, clock.monotonic() + goodbyeMs);
    const leaving = [...this.#unstarted(({ arrival }) => arrival.source === this.#shared), ...this.#retrying];
    for (const work of this.#retrying) this.#cancelRetry(work);
    this.#pump();
    await this.#shared.stop();
    if (clock.monotonic() < until) for (const work of leaving) void this.#passOn(work);
    const isOver = () => this.#works.size === 0 && (this.#own === undefined || clock.monotonic() >= quietAt);
    while (!isOver() && clock.monotonic() < until) {
      await new Promise<void>((resolve) => void clock.after(pollMs, resolve));
    }
    await this.#own?.stop();
    this.#revoked = true;
    this.#turns.stop(new LostOwnershipError(`${this.address}: the worker stops`));
    // What was cut short says so by an answer, where that is wanted.
    for (const work of this.#ready.splice(0)) void this.#settlement.failed(work, undefined, revokedError(work.message));
    await Promise.all(this.#sources.map((source) => source.close()));
  }

  get report(): PoolReport {
    return { times: this.#times.list(this.services.ports.clock.monotonic()), standing: this.#intake.standing };
  }

  /** Whether any ran since this was asked last, or its standing may change by itself. */
  takeActivity(): boolean {
    const active = this.#runs > 0 || this.#intake.standing !== "normal";
    this.#runs = 0;
    return active;
  }

  /** Compares itself with its peers, those that answered: who is much slower takes nothing for a while, or only what they leave. */
  compare(peers: readonly PoolReport[]): void {
    this.#intake.compare(peers);
    this.#adjust();
  }

  // ---- deliveries

  deliver(arrival: Arrival): void {
    let work: Work;
    try {
      work = new Work(arrival);
    } catch (error) {
      void this.#settlement.unreadable(arrival, error);
      return;
    }
    const { kind } = work.message;
    if (kind === "cancel") this.#cancel(work.message);
    if (kind !== "tell" && kind !== "ask" && kind !== "query") {
      arrival.source.ack(arrival);
      return;
    }
    // Unacked it goes back when the channel is closed.
    if (this.#draining && arrival.source === this.#shared) return;
    this.#works.add(work);
    this.#ready.push(work);
    this.#pump();
  }

  lost(channel: Arrival["channel"]): void {
    const isLost = ({ arrival }: Work) => arrival.channel === channel;
    const retrying = [...this.#retrying].filter(isLost);
    for (const work of retrying) this.#cancelRetry(work);
    for (const work of [...this.#unstarted(isLost), ...retrying]) this.left(work);
  }

  // ---- what becomes of them

  later(work: Work, delayMs: number): void {
    if (this.#draining) {
      void this.#passOn(work);
      return;
    }
    this.#retrying.add(work);
    work.retry = this.services.ports.clock.after(delayMs, () => {
      work.retry = undefined;
      this.#retrying.delete(work);
      this.#ready.push(work);
      this.#adjust();
      this.#pump();
    });
    this.#adjust();
  }

  done(work: Work): void {
    this.#works.delete(work);
    work.arrival.source.ack(work.arrival);
    this.#adjust();
  }

  left(work: Work): void {
    this.#works.delete(work);
  }

  isOwn({ source }: Arrival): boolean {
    return source === this.#own;
  }

  get #sources(): readonly PoolSource[] {
    return this.#own === undefined ? [this.#shared] : [this.#shared, this.#own];
  }

  #pump(): void {
    if (this.#paused && !this.#draining) return;
    while (this.#busy < this.concurrency) {
      const work = this.#ready.shift();
      if (work === undefined) return;
      const admitted = this.#paused ? pausedError(work.message) : this.#turns.admit(work);
      if (admitted instanceof ActorError) {
        void this.#settlement.refused(work, admitted);
        continue;
      }
      this.#busy++;
      this.#runs++;
      void this.#turns.run(work, admitted).then(() => {
        this.#busy--;
        this.#pump();
      });
    }
  }

  #cancel({ replyTo, call }: Message): void {
    for (const work of this.#works) {
      if (work.message.replyTo !== replyTo || work.message.call !== call) continue;
      work.inbound.withdrawn = true;
      this.#turns.cancel(work, new NotStartedError(`${this.address}: the caller withdrew the call`));
    }
  }

  /** Takes those out that have not begun. */
  #unstarted(which: (work: Work) => boolean): Work[] {
    const unstarted = this.#ready.filter(which);
    this.#ready = this.#ready.filter((work) => !which(work));
    return unstarted;
  }

  #cancelRetry(work: Work): void {
    work.retry?.();
    this.#retrying.delete(work);
  }

  /**
   * Sends it to the shared queue as a new message. Given back it would count as one that its worker did not survive, and after ten
   * deploys in a row be a dead letter; it still is given back when this fails.
   */
  async #passOn(work: Work): Promise<void> {
    const { pools } = this.services.ports;
    const outcome = await pools.send(this.#shared.queue, work.arrival.delivery.frame).catch(() => "lost" as const);
    if (outcome === "confirmed") this.done(work);
    else this.left(work);
  }

  #adjust(): void {
    if (!this.#draining) this.#intake.adjust(this.#retrying.size, this.#paused);
  }
}

function pausedError({ to, handler }: Message): NotStartedError {
  return new NotStartedError(`${to}.${handler}: the type is paused, and its worker stops`);
}

function revokedError({ to, handler }: Message): LostOwnershipError {
  return new LostOwnershipError(`${to}.${handler}: the worker stops`);
}
