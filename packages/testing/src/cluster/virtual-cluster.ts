import {
  type Duration,
  durationMs,
  type Logger,
  type Mailbox,
  type PartitionId,
  parseAddress,
  partitionOf as partitionIndex,
  partitionsOf,
} from "@actor-runtime/core";
import { EmbeddedWorld, type Half, ManualClock, SeededRandom, SilentTelemetry } from "@actor-runtime/embedded";
import { type ActorSystem, LocalSystem, type Ports, Registry, type SystemOptions } from "@actor-runtime/runtime";
import { testServices } from "../test-services.js";
import { observed, type SentMessage, type TestDeadLetter } from "../traffic.js";
import { defaultLatency } from "./latency.js";
import { type Machine, Process } from "./process.js";
import type { TestCluster, TestClusterOptions, TestWorker, WorkerOptions } from "./test-cluster.js";
import { Timeline } from "./timeline.js";
import { traced } from "./traced.js";
import { TrafficLog } from "./traffic-log.js";

/** A worker or client, as the machine and as its code see it. */
interface Program {
  readonly process: Process;
  readonly system: LocalSystem;
  /** Absent: a client. */
  readonly worker: WorkerOptions | undefined;
}

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
  readonly #programs = new Map<string, Program>();
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
    throw new Error(`the promise did not settle within ${within} of the cluster's time; ${this.#situation()}`);
  }

  settle({ within = defaultWithin }: { within?: Duration } = {}): Promise<void> {
    return this.#lookUntil("settle", stillMs, durationMs(within, "within"), () => this.#unsettled());
  }

  balanced({ within = defaultWithin }: { within?: Duration } = {}): Promise<void> {
    return this.#lookUntil("share its partitions out", balancedMs, durationMs(within, "within"), () =>
      this.#misplaced(),
    );
  }

  // ---- workers

  get workers(): readonly TestWorker[] {
    return Array.from(this.#programs.values(), ({ process: { name, state, cutOff }, worker }) =>
      worker ? [{ name, state, cutOff }] : [],
    ).flat();
  }

  async start(name: string, options: WorkerOptions = {}): Promise<void> {
    await this.#launch(name, options);
  }

  async drain(name: string, { drainTimeout = "25s" }: { drainTimeout?: Duration } = {}): Promise<void> {
    const { process, system } = this.#worker(name);
    if (process.state !== "running") throw new Error(`${name} cannot drain: it is ${process.state}`);
    process.turn("draining");
    const closed = system.close({ drainTimeout }).then(() => process.stop());
    await this.until(Promise.race([closed, process.ended]), {
      within: durationMs(drainTimeout, "drainTimeout") + durationMs(defaultWithin, "within"),
    });
  }

  async restart(name: string, options?: WorkerOptions): Promise<void> {
    const { process, worker } = this.#worker(name);
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

  // ---- faults

  kill(name: string): void {
    this.#program(name).process.kill();
  }

  freeze(name: string): void {
    this.#program(name).process.freeze();
  }

  wake(name: string): void {
    this.#program(name).process.wake();
  }

  partition(name: string, half: Half = "both"): void {
    this.#program(name).process.partition(half);
  }

  heal(name: string): void {
    this.#program(name).process.heal();
  }

  skew(name: string, ms: number): void {
    this.#program(name).process.clock.skew(ms);
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

  failCommits(count: number, mode: "before" | "after"): void {
    this.#machine.world.store.failCommits(count, mode);
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
    for (const { process } of this.#programs.values()) if (!process.hasEnded) process.kill();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  // ----

  async #launch(name: string, worker: WorkerOptions | undefined): Promise<Program> {
    const before = this.#programs.get(name);
    if (before && !before.process.hasEnded) {
      throw new Error(`there is a process named ${name} already, it is ${before.process.state}; choose another name`);
    }
    this.#started += 1;
    const process = new Process(name, `${name}#${this.#started}`, this.#machine);
    const system = new LocalSystem({ ...this.#common(process), ...(worker && this.#hosting(worker)) });
    const program = { process, system, worker };
    this.#programs.set(name, program);
    try {
      await this.until(Promise.race([system.start(), process.ended]));
    } catch (error) {
      if (!process.hasEnded) process.kill();
      throw error;
    }
    if (process.hasEnded) throw new Error(`${name} was ${process.state} before it ran`);
    process.turn("running");
    return program;
  }

  #common(process: Process): SystemOptions & { ports: Ports } {
    const { trace, limits, log = silent } = this.#options;
    const { random } = this.#machine;
    const tell = (call: string, args: readonly unknown[]) =>
      trace!({ atMs: this.#clock.monotonic(), process: process.name, call, args });
    const { broker, ...services } = trace ? traced(process.connection, tell) : process.connection;
    const { clock } = process;
    return {
      ports: { broker: observed(broker, this.#traffic), ...services, clock, random, telemetry: new SilentTelemetry() },
      workerId: process.name,
      log,
      dev: true,
      ...(limits && { limits }),
    };
  }

  #hosting({ actors = this.#options.actors, weight, build }: WorkerOptions): Partial<SystemOptions> {
    for (const { name, mailbox } of Registry.of(actors)) this.#mailboxes.set(name, { ...mailbox, generation: 1 });
    return {
      actors,
      container: testServices(this.#options.provide ?? []),
      ...(weight !== undefined && { weight }),
      ...(build !== undefined && { build }),
    };
  }

  #program(name: string): Program {
    const program = this.#programs.get(name);
    if (program) return program;
    throw new Error(`there is no process named ${name}; there are ${[...this.#programs.keys()].join(", ")}`);
  }

  #worker(name: string): Program {
    const program = this.#program(name);
    if (program.worker) return program;
    throw new Error(`${name} is a client, not a worker`);
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
        throw new Error(`the cluster does not ${what}: ${why}; ${this.#situation()}`);
      }
      await this.#timeline.move(forMs / looks);
    }
  }

  /** What is still on its way. */
  #unsettled(): string | undefined {
    const backlog = this.#machine.world.backlog();
    if (backlog.length > 0) return `messages wait in ${backlog.join(", ")}`;
    for (const { process, system } of this.#programs.values()) {
      if (process.state === "running" && !system.idle) return `${process.name} has something left to do`;
    }
    return undefined;
  }

  /** Who or what is not where it belongs. */
  #misplaced(): string | undefined {
    const { world } = this.#machine;
    const members = new Set(world.view().members.flatMap(({ id, state }) => (state === "ready" ? id : [])));
    const serving = new Set<string | undefined>();
    for (const { process, worker } of this.#programs.values()) {
      const { name, state, cutOff } = process;
      if (!worker || state !== "running" || cutOff) continue;
      if (!members.has(name)) return `${name} is not among the workers`;
      serving.add(name);
    }
    for (const mailbox of this.#mailboxes.values()) {
      const owners = world.placementOf(mailbox.name)?.owners ?? [];
      const misplaced = partitionsOf(mailbox).find((id, index) => {
        return !serving.has(owners[index]) || owners[index] !== world.holderOf(id);
      });
      if (misplaced !== undefined) return `${misplaced} is not with a worker that can serve it`;
    }
    return undefined;
  }

  #situation(): string {
    const states = Array.from(this.#programs.values(), ({ process: { name, state, cutOff } }) => {
      return `${name} is ${state}${cutOff ? ` and cut off from ${cutOff === "both" ? "everything" : `the ${cutOff}`}` : ""}`;
    });
    return states.join(", ");
  }
}
