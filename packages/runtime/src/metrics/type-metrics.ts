import { LatencyWindow } from "@actor-runtime/core";
import { cancelReminderHandler, compareAndSetHandler, eraseHandler } from "../system-handlers.js";
import type { Ending } from "../worker/ending.js";
import type { Inbound } from "../worker/inbound.js";
import type { Instrument, Meter } from "./meter.js";
import type { Tally } from "./tally.js";

/** Label of what has no name of its own: names from outside must not become labels. */
export const unknown = "unknown";

const meanOver = 100;

/** One handler or query of a type. */
class MethodMetrics {
  readonly duration: Instrument;
  readonly #meter: Meter;
  readonly #labels: { readonly type: string; readonly handler: string };
  readonly #outcomes = new Map<Ending, Instrument>();

  constructor(meter: Meter, type: string, handler: string) {
    this.#meter = meter;
    this.#labels = { type, handler };
    this.duration = meter.telemetry.histogram("actor.turn.duration", this.#labels);
  }

  ended(outcome: Ending): Instrument {
    let counter = this.#outcomes.get(outcome);
    if (counter === undefined) {
      counter = this.#meter.telemetry.counter("actor.messages", { ...this.#labels, outcome });
      this.#outcomes.set(outcome, counter);
    }
    return counter;
  }
}

/** What became of the tick of a reminder. */
export type TickOutcome = "ok" | "retried" | "dead" | "skipped" | "stale";

/** What is measured of the messages of one type; labels are fixed beforehand, so that a message allocates nothing here. */
export class TypeMetrics {
  /** How long turns and queries took of late: for whoever looks into the worker, whether or not anybody measures. */
  readonly latency = new LatencyWindow();
  readonly parked: Instrument;
  readonly deadLetters: Instrument;
  readonly lockRefused: Instrument;
  /** How long turns and queries take on average, the last hundred or so counting most; 0: none has ended. */
  meanTurnMs = 0;
  readonly #type: string;
  readonly #meter: Meter;
  readonly #ticks = new Map<TickOutcome, Instrument>();
  readonly #lateness: Instrument;
  readonly #wait: Instrument;
  readonly #methods: ReadonlyMap<string, MethodMetrics>;
  readonly #unknown: MethodMetrics;

  /** @param methods names of its handlers and queries; all others are one */
  constructor(meter: Meter, type: string, methods: Iterable<string>) {
    const { telemetry } = meter;
    this.#type = type;
    this.#meter = meter;
    this.#lateness = telemetry.histogram("actor.reminder.lateness", { type });
    this.parked = telemetry.counter("actor.parked", { type });
    this.deadLetters = telemetry.counter("actor.dead_letters", { type });
    this.lockRefused = telemetry.counter("actor.lock.refused", { type });
    this.#wait = telemetry.histogram("actor.mailbox.wait", { type });
    const names = [...methods, eraseHandler, compareAndSetHandler, cancelReminderHandler];
    this.#methods = new Map(names.map((name) => [name, new MethodMetrics(meter, type, name)]));
    this.#unknown = new MethodMetrics(meter, type, unknown);
  }

  /** The turn of a message begins. */
  began(inbound: Inbound): void {
    const { telemetry, clock, time } = this.#meter;
    const now = clock.monotonic();
    inbound.beganAt = now;
    if (!telemetry.measuring) return;
    const waitMs = inbound.waitMs(time.at(now));
    if (waitMs !== undefined) this.#wait(waitMs / 1_000);
    const { tick, dueAt = 0 } = inbound.message;
    if (tick !== undefined && inbound.attempts === 0) this.#lateness(Math.max(0, time.at(now) - dueAt) / 1_000);
  }

  /** Counts ticks of reminders. */
  ticks(outcome: TickOutcome): Instrument {
    let counter = this.#ticks.get(outcome);
    if (counter === undefined) {
      counter = this.#meter.telemetry.counter("actor.reminder.ticks", { type: this.#type, outcome });
      this.#ticks.set(outcome, counter);
    }
    return counter;
  }

  /** Its handler has returned, or failed. */
  ran({ beganAt, message }: Inbound): void {
    const { telemetry, clock } = this.#meter;
    if (beganAt < 0) return;
    const now = clock.monotonic();
    const ms = now - beganAt;
    this.latency.add(ms, Math.floor(now / 1_000));
    this.meanTurnMs += (ms - this.meanTurnMs) / (this.meanTurnMs === 0 ? 1 : meanOver);
    if (telemetry.measuring) this.#method(message.handler).duration(ms / 1_000);
  }

  /** @param tally of the commit it ends with; `undefined`: there is nothing to wait for */
  ended({ message }: Inbound, ending: Ending, tally: Tally | undefined): void {
    const counter = this.#method(message.handler).ended(ending);
    if (tally === undefined) counter(1);
    else tally.ended(counter);
  }

  #method(name: string): MethodMetrics {
    return this.#methods.get(name) ?? this.#unknown;
  }
}
