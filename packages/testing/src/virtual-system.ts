import { setImmediate as macrotask } from "node:timers/promises";
import { type Duration, durationMs } from "@actor-runtime/core";
import { EmbeddedWorld, eventLoopHops, SeededRandom, SilentTelemetry } from "@actor-runtime/embedded";
import { LocalSystem, systemActors } from "@actor-runtime/runtime";
import { testServices } from "./test-services.js";
import type { TestSystem, TestSystemOptions } from "./test-system.js";
import { observed, observedPools, type SentMessage, type TestDeadLetter, Traffic } from "./traffic.js";
import { VirtualClock } from "./virtual-clock.js";

/** Turns of the event loop after which no message is on its way: one is, unseen, between its confirm and its delivery. */
const idleRounds = 3;
/** As many without any message although a turn runs: it waits for something outside. */
const stalledRounds = 20;
/** As many with messages: they never end. */
const busyRounds = 10_000;

/** Nobody else wants the partitions, and their queues do deliver: a long time can pass without thousands of renewals. */
const undisturbed = { leaseMs: 3_600_000, silenceMs: Number.POSITIVE_INFINITY };

/**
 * Hosts actors for a test: no broker, no port, no sleep. Calls are answered without time passing; what waits for time runs
 * when the test moves it.
 *
 * @throws ConfigError when an actor class cannot be hosted
 * @example
 * await using t = await testSystem({ actors: [Account], provide: [[AuditLog, { record: () => {} }]] });
 * await t.seed(Account, "alice", { balance: 10 });
 * await t.ref(Account, "alice").payTo("bob", 4);
 * await t.settle();
 * expect(await t.ref(Account, "bob").current()).toBe(4);
 */
export async function testSystem(options: TestSystemOptions): Promise<TestSystem> {
  const system = new VirtualSystem(options);
  try {
    await system.start();
  } catch (error) {
    await system.close();
    throw error;
  }
  return system;
}

/** An actor system on an embedded world of its own, on time that is moved by hand. */
class VirtualSystem extends LocalSystem implements TestSystem {
  readonly #clock: VirtualClock;
  readonly #traffic: Traffic;

  constructor({ actors, provide = [], seed = 1, limits, start, log }: TestSystemOptions) {
    const clock = new VirtualClock(start === undefined ? undefined : Number(start));
    const random = new SeededRandom(seed);
    const { broker, pools, ...services } = new EmbeddedWorld({ clock, random, schedule: eventLoopHops() }).connect(
      "test",
    );
    const traffic = new Traffic();
    super({
      ports: {
        ...services,
        broker: observed(broker, traffic),
        pools: observedPools(pools, traffic),
        clock,
        random,
        telemetry: new SilentTelemetry(),
      },
      actors: [...actors, ...systemActors],
      container: testServices(provide),
      workerId: "test",
      dev: true,
      limits: { ...undisturbed, ...limits },
      ...(log && { log }),
    });
    this.#clock = clock;
    this.#traffic = traffic;
  }

  get sent(): readonly SentMessage[] {
    return this.#traffic.sent;
  }

  get deadLetters(): readonly TestDeadLetter[] {
    return this.#traffic.deadLetters;
  }

  now(): number {
    return this.#clock.now();
  }

  settle(): Promise<void> {
    return this.#rest(idleRounds);
  }

  async advance(duration: Duration): Promise<void> {
    const ms = durationMs(duration, "duration");
    await this.settle();
    // Nothing is on its way when a task falls due, and most of them send nothing.
    await this.#clock.advance(ms, () => this.#rest(1));
  }

  /** @param rounds how many turns of the event loop without a message are enough, as long as there was none at all */
  async #rest(rounds: number): Promise<void> {
    let enough = rounds;
    for (let busy = 0, quiet = 0; busy < busyRounds; ) {
      const { hops } = this.#traffic;
      await macrotask();
      if (this.#traffic.hops !== hops) {
        busy++;
        quiet = 0;
        enough = idleRounds;
      } else if (++quiet >= (this.idle ? enough : stalledRounds)) {
        return;
      }
    }
    const last = this.sent.at(-1);
    throw new Error(
      `the actors do not settle: after ${busyRounds} rounds they still send messages, the last to ${last?.to}.${last?.handler}; ` +
        "let a loop of tells end, or wait with a delay",
    );
  }

  override async close({ drainTimeout = 0 }: { drainTimeout?: Duration } = {}): Promise<void> {
    const closed = super.close({ drainTimeout });
    await this.#clock.advance(durationMs(drainTimeout, "drainTimeout"));
    await closed;
  }
}
