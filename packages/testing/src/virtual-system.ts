import { setImmediate as macrotask } from "node:timers/promises";
import { type Duration, durationMs, formatAddress } from "@actor-runtime/core";
import { EmbeddedWorld, SeededRandom, SilentTelemetry } from "@actor-runtime/embedded";
import { actorName, type AnyActor, LocalSystem } from "@actor-runtime/runtime";
import { testServices } from "./test-services.js";
import type { TestSystem, TestSystemOptions } from "./test-system.js";
import { observed, type SentMessage, type TestDeadLetter, Traffic } from "./traffic.js";
import { VirtualClock } from "./virtual-clock.js";

/** Turns of the event loop without any message, after which what still runs is taken to wait for something outside. */
const quietRounds = 20;
/** Turns of the event loop with messages in them, after which they are taken never to end. */
const busyRounds = 10_000;

/** An actor system on an embedded world of its own, on time that is moved by hand. */
export class VirtualSystem extends LocalSystem implements TestSystem {
  readonly #clock: VirtualClock;
  readonly #traffic: Traffic;

  constructor({ actors, provide = [], seed = 1, limits, start, log }: TestSystemOptions) {
    const clock = new VirtualClock(start === undefined ? undefined : Number(start));
    const random = new SeededRandom(seed);
    const { broker, ...services } = new EmbeddedWorld({ clock, random }).connect("test");
    const traffic = new Traffic();
    super({
      ports: { broker: observed(broker, traffic), ...services, clock, random, telemetry: new SilentTelemetry() },
      actors,
      container: testServices(provide),
      workerId: "test",
      dev: true,
      ...(limits && { limits }),
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

  seed(type: AnyActor, key: string, state: Readonly<Record<string, unknown>>): Promise<void> {
    return this.store(formatAddress(actorName(type), key), state);
  }

  async settle(): Promise<void> {
    let { hops } = this.#traffic;
    for (let quiet = 0, busy = 0; quiet < quietRounds && busy < busyRounds; ) {
      await macrotask();
      if (this.idle) return;
      if (this.#traffic.hops === hops) quiet++;
      else {
        quiet = 0; busy++
      }
      hops = this.#traffic.hops;
    }
  }

  async advance(duration: Duration): Promise<void> {
    await this.#clock.advance(durationMs(duration, "duration"), () => this.settle());
  }

  override async close({ drainTimeout = 0 }: { drainTimeout?: Duration } = {}): Promise<void> {
    const closed = super.close({ drainTimeout });
    await this.advance(drainTimeout);
    await closed;
  }
}
