import {
  type Duration,
  durationMs,
  type HeldLock,
  type Logger,
  type Mailbox,
  type PartitionId,
  parseAddress,
  partitionOf as partitionIndex,
  partitionsOf,
} from "@actor-runtime/core";
import { EmbeddedWorld, type Half, ManualClock, SeededRandom, SilentTelemetry } from "@actor-runtime/embedded";
import {
  type ActorSystem,
  LocalSystem,
  type Ports,
  Registry,
  type SystemOptions,
  systemActors,
} from "@actor-runtime/runtime";
import { testServices } from "../test-services.js";
import { observed, observedPools, type SentMessage, type TestDeadLetter } from "../traffic.js";
import { defaultLatency } from "./latency.js";
import { type Machine, Process } from "./process.js";
import { type Program, Programs } from "./programs.js";
import { misplaced, unsettled } from "./rest.js";
import type { TestCluster, TestClusterOptions, TestWorker, WorkerOptions } from "./test-cluster.js";
import { Timeline } from "./timeline.js";
import { traced } from "./traced.js";
import { TrafficLog } from "./traffic-log.js";

/** For how long nothing must be left to do: longer than a message is on its way, … */
const stillMs = 200;
/** … and than workers wait until they share out anew. */
const balancedMs = 3_000;
/** How often it is looked for in this time. */
const looks = 20;
const defaultWithin: Duration = "2m";

const silent: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/**
 * Starts workers that host actors for a test, and a client outside of them: what several processes of `actor-runtime start`
 * are, in this one, on time that the test moves, with faults on demand. Returns when each worker serves its share.
 *
 * @throws ConfigError when an actor class cannot be hosted
 * @example
 * await using cluster = await testCluster({ actors: [Account], workers: 3, seed: 7 });
 * const alice = cluster.ref(Account, "alice");
 * await cluster.until(alice.deposit(100));
 * cluster.kill(cluster.owner("Account/alice")!);
 * expect(await cluster.until(alice.current())).toBe(100); // another worker took over
 */
export async function testCluster(options: TestClusterOptions): Promise<TestCluster> {
  const cluster = new VirtualCluster(options);
  try {
    await cluster.startAll(options.workers ?? 3);
  } catch (error) {
    await cluster.close();
    throw error;
  }
  return cluster;
}

class VirtualCluster implements TestCluster {
  readonly #options: TestClusterOptions;
  readonly #machine: Machine;
  readonly #clock: ManualClock;
  readonly #timeline: Timeline;
  readonly #traffic = new TrafficLog();
  readonly #programs = new Programs();
  /** By type. */
  readonly #mailboxes = new Map<string, Mailbox>();
  #ref: ActorSystem["ref"] | undefined;
  #started = 0;

  constructor(options: TestClusterOptions) {
    const { seed = 1, start, latency } = options;
    this.#options = options;
    this.#clock = new ManualClock(start === undefined ? undefined : Number(start));
    this.#timeline = new Timeline(this.#clock);
    const random = new SeededRandom(seed);
    const world = new EmbeddedWorld({ clock: this.#clock, random });
    this.#machine = { world, clock: this.#clock, random, latency: { ...defaultLatency, ...latency } };
  }

  async startAll(workers: number | readonly string[]): Promise<void> {
    const names =
      typeof workers === "number" ? Array.from({ length: workers }, (_, index) => `w${index + 1}`) : workers;
    const [client] = await Promise.all([this.client("client"), ...names.map((name) => this.start(name))]);
    this.#ref = client.ref;
    await this.balanced();
  }

  get ref(): ActorSystem["ref"] {
    return this.#ref!;
  }

  async client(name: string): Promise<ActorSystem> {
    const { system } = await this.#launch(name, undefined);
    return system;
  }

  // ---- time

  now(): number {
    return Math.floor(this.#clock.now());
  }

  uptime(): number {
    return Math.floor(this.#clock.monotonic());
  }

  advance(duration: Duration): Promise<void> {
    return this.#timeline.move(durationMs(duration, "duration"));
  }

  async until<T>(promise: PromiseLike<T>, { within = defaultWithin }: { within?: Duration } = {}): Promise<T> {
    let settled = false;
    const note = () => {
      settled = true;
    };
    promise.then(note, note);
    await this.#timeline.move(durationMs(within, "within"), promise);
    if (settled) return promise;
    throw new Error(`the promise did not settle within ${within} of the cluster's time; ${this.#programs.situation}`);
  }

  settle({ within = defaultWithin }: { within?: Duration } = {}): Promise<void> {
    return this.#lookUntil("settle", stillMs, durationMs(within, "within"), () =>
      unsettled(this.#machine.world, this.#programs),
    );
  }

  balanced({ within = defaultWithin }: { within?: Duration } = {}): Promise<void> {
    return this.#lookUntil("share its partitions out", balancedMs, durationMs(within, "within"), () =>
      misplaced(this.#machine.world, this.#programs, this.#mailboxes.values()),
    );
  }

  // ---- workers

  get workers(): readonly TestWorker[] {
    return this.#programs.workers;
  }

  get clients(): readonly TestWorker[] {
    return this.#programs.clients;
  }

  async start(name: string, options: WorkerOptions = {}): Promise<void> {
    await this.#launch(name, options);
  }

  async drain(name: string, { drainTimeout = "25s" }: { drainTimeout?: Duration } = {}): Promise<void> {
    const { process, system } = this.#programs.worker(name);
    if (process.state !== "running") throw new Error(`${name} cannot drain: it is ${process.state}`);
    process.become("draining");
    const closed = system.close({ drainTimeout }).then(() => process.stop());
    await this.until(Promise.race([closed, process.ended]), {
      within: durationMs(drainTimeout, "drainTimeout") + durationMs(defaultWithin, "within"),
    });
  }

  async restart(name: string, options?: WorkerOptions): Promise<void> {
    const { process, worker } = this.#programs.worker(name);
    if (!process.hasEnded) process.kill();
    await this.#launch(name, options ?? worker);
  }

  partitionOf(address: string): PartitionId {
    const { type, key } = parseAddress(address);
    const mailbox = this.#mailboxes.get(type);
    if (mailbox) return partitionsOf(mailbox)[partitionIndex(key, mailbox.partitions)]!;
    throw new Error(`no worker hosts "${type}"; they host ${[...this.#mailboxes.keys()].join(", ")}`);
  }

  owner(address: string): string | undefined {
    return this.#machine.world.holderOf(this.partitionOf(address));
  }

  lock(name: string): HeldLock | undefined {
    return this.#machine.world.lock(name);
  }

  get lockSessions(): readonly string[] {
    return this.#machine.world.lockSessions();
  }

  get holds(): readonly string[] {
    return this.#machine.world.store.holds();
  }

  get reminded(): readonly string[] {
    return this.#machine.world.store.reminded();
  }

  get alarms(): number {
    return this.#machine.world.alarms;
  }

  // ---- faults

  kill(name: string): void {
    this.#programs.get(name).process.kill();
  }

  freeze(name: string): void {
    this.#programs.get(name).process.freeze();
  }

  wake(name: string): void {
    this.#programs.get(name).process.wake();
  }

  partition(name: string, half: Half = "both"): void {
    this.#programs.get(name).process.partition(half);
  }

  stall(name: string, half: Half = "both"): void {
    this.#programs.get(name).process.stall(half);
  }

  heal(name: string): void {
    this.#programs.get(name).process.heal();
  }

  skew(name: string, ms: number): void {
    this.#programs.get(name).process.clock.skew(ms);
  }

  setTime(ms: number): void {
    this.#clock.jumpWall(ms);
  }

  cutChannels(address?: string): void {
    this.#machine.world.cutChannels(address === undefined ? undefined : this.partitionOf(address));
  }

  loseConfirms(count: number): void {
    this.#machine.world.loseConfirms(count);
  }

  refuse(address: string, on: boolean): void {
    this.#machine.world.refuse(this.partitionOf(address), on);
  }

  reopenReplies(name: string): void {
    this.#programs.get(name).process.reopenReplies();
  }

  failCommits(count: number, mode: "before" | "after"): void {
    this.#machine.world.store.failCommits(count, mode);
  }

  loseAlarms(address?: string): void {
    this.#machine.world.loseAlarms(address === undefined ? undefined : this.partitionOf(address));
  }

  ringAlarms(): void {
    this.#machine.world.ringAlarms();
  }

  repeatAlarms(count: number): void {
    this.#machine.world.repeatAlarms(count);
  }

  backup(): () => void {
    const { store } = this.#machine.world;
    const snapshot = store.snapshot();
    return () => store.restore(snapshot);
  }

  // ---- what happened

  get sent(): readonly SentMessage[] {
    return this.#traffic.sent;
  }

  get deadLetters(): readonly TestDeadLetter[] {
    return this.#traffic.deadLetters;
  }

  async close(): Promise<void> {
    for (const { process } of this.#programs) if (!process.hasEnded) process.kill();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  // ----

  async #launch(name: string, worker: WorkerOptions | undefined): Promise<Program> {
    this.#programs.checkFree(name);
    this.#started += 1;
    const process = new Process(name, `${name}#${this.#started}`, this.#machine);
    const system = new LocalSystem({ ...this.#common(process), ...(worker && this.#hosting(worker, process)) });
    const program = { process, system, worker };
    this.#programs.add(program);
    try {
      await this.until(Promise.race([system.start(), process.ended]));
    } catch (error) {
      if (!process.hasEnded) process.kill();
      throw error;
    }
    if (process.hasEnded) throw new Error(`${name} was ${process.state} before it ran`);
    process.become("running");
    return program;
  }

  #common(process: Process): SystemOptions & { ports: Ports } {
    const { trace, limits, log = silent, ports = (given: Ports) => given } = this.#options;
    const { random } = this.#machine;
    const tell = (call: string, args: readonly unknown[]) =>
      trace!({ atMs: this.#clock.monotonic(), process: process.name, call, args });
    const { broker, pools, ...services } = trace ? traced(process.connection, tell) : process.connection;
    const { clock } = process;
    return {
      ports: ports(
        {
          ...services,
          broker: observed(broker, this.#traffic),
          pools: observedPools(pools, this.#traffic),
          clock,
          random,
          telemetry: new SilentTelemetry(),
        },
        process.name,
      ),
      workerId: process.name,
      log,
      dev: true,
      ...(limits && { limits }),
    };
  }

  #hosting({ actors = this.#options.actors, weight, build }: WorkerOptions, process: Process): Partial<SystemOptions> {
    const { provide = [] } = this.#options;
    const hosted = [...actors, ...systemActors];
    for (const { name, mailbox } of Registry.of(hosted)) this.#mailboxes.set(name, { ...mailbox, generation: 1 });
    return {
      actors: hosted,
      container: testServices(typeof provide === "function" ? provide(process) : provide),
      ...(weight !== undefined && { weight }),
      ...(build !== undefined && { build }),
    };
  }

  /** Looks now and then, until nothing was left to wait for over a time. */
  async #lookUntil(what: string, forMs: number, withinMs: number, waitsFor: () => string | undefined): Promise<void> {
    const end = this.#clock.monotonic() + withinMs;
    let since = this.#clock.monotonic();
    for (;;) {
      const now = this.#clock.monotonic();
      const reason = waitsFor();
      if (reason !== undefined) since = now;
      else if (now - since >= forMs) return;
      if (now >= end) {
        const why = reason ?? `it would have to stay as it is for ${forMs} ms`;
        throw new Error(`the cluster does not ${what}: ${why}; ${this.#programs.situation}`);
      }
      await this.#timeline.move(forMs / looks);
    }
  }
}
