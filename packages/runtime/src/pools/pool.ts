import { poolQueue, ServiceTimes } from "@actor-runtime/core";
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
import { PoolSource } from "./pool-source.js";
import { Works } from "./works.js";

/** The own queue of a worker has nobody else to leave messages to; so many wait here, where a withdrawn call is found. */
const ownAhead = 64;
/** How often it is looked whether everything has ended. */
const pollMs = 5;
/** Senders know by then that this worker stops. */
const goodbyeMs = 300;

/** One stateless type in this worker: takes its messages from the queues, from its start until it is drained. */
export class Pool implements PoolScope {
  readonly services: WorkerServices;
  readonly definition: StatelessDefinition;
  readonly metrics: TypeMetrics;
  readonly calls: PoolCalls;
  readonly ref: RefBy<void>;
  readonly address: string;
  /** How many calls run at a time, at most. */
  readonly concurrency: number;
  readonly #times = new ServiceTimes();
  readonly #works: Works;
  readonly #shared: PoolSource;
  readonly #own: PoolSource | undefined;
  readonly #intake: Intake;
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
    const source = { pools: ports.pools, clock: ports.clock, random: ports.random, log };
    const concurrency = (this.concurrency = limits.types[name]?.maxTurns ?? definition.concurrency);
    this.#works = new Works(this, concurrency, this.#times, () => this.#adjust());
    this.#shared = new PoolSource(poolQueue(name), source, { prefetch: concurrency }, this.#works);
    this.#intake = new Intake(this.#shared, { type: name, concurrency, times: this.#times, clock: ports.clock, log });
    if (balance === "least-busy") return;
    this.#own = new PoolSource(poolQueue(name, workerId), source, { prefetch: concurrency + ownAhead }, this.#works);
  }

  get name(): string {
    return this.definition.name;
  }

  get revoked(): boolean {
    return this.#revoked;
  }

  /** @throws ConfigError when a queue cannot be consumed, and whatever the constructor of the class throws */
  async start(): Promise<void> {
    this.#works.turns.prepare();
    await Promise.all(this.#sources.map((source) => source.consume()));
  }

  /** Nothing runs and nothing waits but for another attempt. */
  get idle(): boolean {
    return this.#works.size === this.#works.retrying;
  }

  get paused(): boolean {
    return this.#works.paused;
  }

  /** Stops or goes on (`false`) to begin calls: what the worker has waits here, what comes then waits in its queue. */
  pause(paused: boolean): void {
    if (paused === this.paused) return;
    const { log } = this.services;
    if (paused) log.warn({ target: this.name }, `${this.name} is paused: no call of it begins, messages wait`);
    else log.info({ target: this.name }, `${this.name} is resumed`);
    this.#works.pause(paused);
    this.#adjust();
  }

  /** Its queues are consumed. */
  get open(): boolean {
    return this.#sources.every(({ open }) => open);
  }

  get load(): PoolLoad {
    const { running, waiting, retrying } = this.#works;
    return { type: this.name, running, waiting, retrying, standing: this.#intake.standing };
  }

  /** When the oldest message that waits was published (ms since 1970); infinity: none waits. */
  get oldestAt(): number {
    return this.#works.oldestAt;
  }

  /**
   * Stops (DESIGN.md 7): what has not begun goes to other workers, and what came by the worker's own queue is run, for it has
   * nowhere to go, or refused while the type is paused; what still runs at the end is cut short.
   *
   * @param until when the grace ends, by the clock's `monotonic()`
   */
  async drain(until: number): Promise<void> {
    const { clock } = this.services.ports;
    const quietAt = Math.min(until, clock.monotonic() + goodbyeMs);
    const leaving = this.#works.close();
    await this.#shared.stop();
    if (clock.monotonic() < until) for (const work of leaving) void this.#works.passOn(work);
    const isOver = () => this.#works.size === 0 && (this.#own === undefined || clock.monotonic() >= quietAt);
    while (!isOver() && clock.monotonic() < until) {
      await new Promise<void>((resolve) => void clock.after(pollMs, resolve));
    }
    await this.#own?.stop();
    this.#revoked = true;
    this.#works.cutShort();
    await Promise.all(this.#sources.map((source) => source.close()));
  }

  get report(): PoolReport {
    return { times: this.#times.list(this.services.ports.clock.monotonic()), standing: this.#intake.standing };
  }

  /** Whether any ran since this was asked last, or its standing may change by itself. */
  takeActivity(): boolean {
    return this.#works.takeBegun() > 0 || this.#intake.standing !== "normal";
  }

  /** Compares itself with its peers, those that answered: who is much slower takes nothing for a while, or only what they leave. */
  compare(peers: readonly PoolReport[]): void {
    this.#intake.compare(peers);
    this.#adjust();
  }

  get #sources(): readonly PoolSource[] {
    return this.#own === undefined ? [this.#shared] : [this.#shared, this.#own];
  }

  #adjust(): void {
    if (!this.#works.closing) this.#intake.adjust(this.#works.retrying, this.paused);
  }
}
