import type { Alarm, Cancel, Clock, PartitionId, Ring } from "@actor-runtime/core";

/** Somebody who hands alarms on; a rejection means: again, later. */
export interface AlarmListener {
  readonly ring: Ring;
}

interface Entry {
  readonly alarm: Alarm;
  /** Stops the timer that it waits for. */
  cancel: Cancel;
  /** Rings that failed in a row. */
  failures: number;
  state: "waiting" | "due" | AlarmListener;
  repeated?: true;
}

const firstRetryMs = 1_000;
const longestRetryMs = 60_000;
/** An alarm that rings twice does so when its tick is over, as a rule. */
const repeatMs = 500;
/** A wall clock set forward is noticed within this time. */
const longestSleepMs = 3_600_000;

/** The alarms that all workers of a world share: each rings at one listener after another, until one of them has it. */
export class AlarmMemory {
  readonly #clock: Clock;
  readonly #entries = new Map<string, Entry>();
  readonly #listeners: AlarmListener[] = [];
  #repeats = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  set(alarm: Alarm): void {
    if (this.#entries.has(alarm.id)) return;
    const entry: Entry = { alarm, cancel: () => {}, failures: 0, state: "waiting" };
    this.#entries.set(alarm.id, entry);
    this.#sleep(entry, alarm.dueAt - this.#clock.now());
  }

  cancel(id: string): void {
    this.#entries.get(id)?.cancel();
    this.#entries.delete(id);
  }

  /** Alarms that became due while nobody listened ring now. */
  listen(listener: AlarmListener): void {
    if (this.#listeners.includes(listener)) return;
    this.#listeners.push(listener);
    for (const entry of this.#entries.values()) if (entry.state === "due") this.#sleep(entry, 0);
  }

  /** No more alarms for this listener; one that it is handing on may still succeed. */
  stop(listener: AlarmListener): void {
    const index = this.#listeners.indexOf(listener);
    if (index !== -1) this.#listeners.splice(index, 1);
  }

  /** The listener is gone: what it was handing on rings again. */
  abandon(listener: AlarmListener): void {
    this.stop(listener);
    for (const entry of this.#entries.values()) if (entry.state === listener) this.#retry(entry);
  }

  /** Those that did not ring yet, or may ring again. */
  get size(): number {
    return this.#entries.size;
  }

  // ---- faults

  /** Alarms of the partition, or all, are forgotten. */
  lose(partition?: PartitionId): void {
    for (const { alarm } of this.#entries.values()) {
      if (partition === undefined || alarm.partition === partition) this.cancel(alarm.id);
    }
  }

  /** All that wait for their time ring now, and again when they are told to. */
  ringAll(): void {
    for (const entry of this.#entries.values()) {
      if (entry.state !== "waiting") continue;
      entry.cancel();
      this.#ring(entry);
    }
  }

  /** The next `count` alarms ring once more half a second after they were handed on. */
  repeat(count: number): void {
    this.#repeats = count;
  }

  // ----

  #sleep(entry: Entry, ms: number): void {
    entry.state = "waiting";
    entry.cancel = this.#clock.after(Math.min(Math.max(ms, 0), longestSleepMs), () => {
      const early = entry.alarm.dueAt - this.#clock.now();
      if (early > 0) this.#sleep(entry, early);
      else this.#ring(entry);
    });
  }

  #ring(entry: Entry): void {
    const listener = this.#listeners.shift();
    if (listener === undefined) {
      entry.state = "due";
      return;
    }
    // In turn: the next alarm rings at the next listener.
    this.#listeners.push(listener);
    entry.state = listener;
    const isCurrent = (): boolean => this.#entries.get(entry.alarm.id) === entry && entry.state === listener;
    listener.ring(entry.alarm).then(
      (againMs) => {
        if (!isCurrent()) return;
        if (againMs !== undefined) this.#sleep(entry, againMs);
        else if (this.#repeats > 0 && !entry.repeated) this.#repeat(entry);
        else this.#entries.delete(entry.alarm.id);
      },
      () => {
        if (isCurrent()) this.#retry(entry);
      },
    );
  }

  #repeat(entry: Entry): void {
    this.#repeats -= 1;
    entry.repeated = true;
    this.#sleep(entry, repeatMs);
  }

  #retry(entry: Entry): void {
    const delayMs = Math.min(firstRetryMs * 2 ** entry.failures, longestRetryMs);
    entry.failures += 1;
    this.#sleep(entry, delayMs);
  }
}
