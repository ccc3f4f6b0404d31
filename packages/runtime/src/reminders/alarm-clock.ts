import type { Alarm, Cancel, Logger } from "@actor-runtime/core";
import type { Lanes } from "../client/lanes.js";
import type { Ports } from "../ports.js";
import { soon } from "../soon.js";
import type { StoreTime } from "../store-time.js";
import { hintIn } from "../worker/reminder-list.js";
import { TickMessage } from "../worker/tick-message.js";

/** Alarms that wait to be set; beyond, they are left to the sweep (P12). */
const maxWaiting = 100_000;
/** A tick that the broker does not take in this time rings again (ms). */
const sendMs = 10_000;
const retryMs = 1_000;

export interface AlarmClockOptions {
  readonly ports: Ports;
  readonly time: StoreTime;
  readonly lanes: Lanes;
  readonly log: Logger;
}

/** Sets the alarms of this worker's reminders, gathered while others are being set, and hands on those that ring here. */
export class AlarmClock {
  readonly #options: AlarmClockOptions;
  #waiting: Alarm[] = [];
  #silenced: string[] = [];
  #busy = false;
  /** How to stop, once alarms ring here. */
  #stop: (() => Promise<void>) | undefined;
  #stopped = false;
  #cancelRetry: Cancel = () => {};

  constructor(options: AlarmClockOptions) {
    this.#options = options;
  }

  /** Alarms ring here as soon as the clock can be reached. */
  start(): void {
    void this.#listen();
  }

  /** No more alarms ring here. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelRetry();
    await this.#stop?.();
  }

  /** Nothing waits to be set. */
  get idle(): boolean {
    return !this.#busy;
  }

  set(alarms: readonly Alarm[]): void {
    keep(this.#waiting, alarms);
    this.#flushSoon();
  }

  cancel(ids: readonly string[]): void {
    keep(this.#silenced, ids);
    this.#flushSoon();
  }

  async #listen(): Promise<void> {
    const { ports, log } = this.#options;
    try {
      this.#stop = await ports.alarms.listen((alarm) => this.#ring(alarm));
      // Nobody has waited for a clock that did not answer.
      if (this.#stopped) await this.#stop();
    } catch (error) {
      if (this.#stopped) return;
      log.warn({ err: error }, "no alarms of reminders ring here yet; owners send overdue ticks themselves");
      this.#cancelRetry = ports.clock.after(retryMs, () => this.start());
    }
  }

  #flushSoon(): void {
    if (this.#busy) return;
    this.#busy = true;
    soon(() => void this.#flush());
  }

  /** What comes meanwhile is the next group. */
  async #flush(): Promise<void> {
    const { alarms } = this.#options.ports;
    while (this.#waiting.length > 0 || this.#silenced.length > 0) {
      const [set, cancelled] = [this.#waiting, this.#silenced];
      this.#waiting = [];
      this.#silenced = [];
      try {
        if (set.length > 0) await alarms.set(set);
        // A reminder set and cancelled at once has its alarm by now.
        if (cancelled.length > 0) await alarms.cancel(cancelled);
      } catch (error) {
        this.#options.log.warn(
          { err: error, alarms: set.length },
          "alarms of reminders could not be set; their owners send those ticks some seconds late",
        );
      }
    }
    this.#busy = false;
  }

  /** @returns ms to ring again in, when it is early by the store's time */
  async #ring({ id, hint: text, partition, dueAt }: Alarm): Promise<number | undefined> {
    const { ports, time, lanes, log } = this.#options;
    const earlyMs = dueAt - time.now();
    if (earlyMs > 0) return Math.ceil(earlyMs);
    const hint = hintIn(text);
    if (hint === undefined) {
      log.warn({ alarm: id, partition }, "an alarm rang that no reminder has set");
      return undefined;
    }
    const tick = new TickMessage(hint, ports.clock.monotonic() + sendMs);
    lanes.lane(partition).send(tick);
    await tick.sent;
    return undefined;
  }
}

/** One by one: the reminders of a whole commit may be more than a call can have arguments. */
function keep<T>(waiting: T[], more: readonly T[]): void {
  for (const item of more) {
    if (waiting.length >= maxWaiting) return;
    waiting.push(item);
  }
}
