import type { Alarm, Alarms, Ring } from "@actor-runtime/core";
import type { AlarmListener, AlarmMemory } from "./alarm-memory.js";
import type { Link } from "./link.js";

/** One process's connection to the alarms of a world. */
export class EmbeddedAlarms implements Alarms {
  readonly #memory: AlarmMemory;
  readonly #link: Link;
  readonly #listeners = new Set<AlarmListener>();

  constructor(memory: AlarmMemory, link: Link) {
    this.#memory = memory;
    this.#link = link;
  }

  set(alarms: readonly Alarm[]): Promise<void> {
    return this.#link.call(() => {
      for (const alarm of alarms) this.#memory.set(alarm);
    });
  }

  cancel(ids: readonly string[]): Promise<void> {
    return this.#link.call(() => {
      for (const id of ids) this.#memory.cancel(id);
    });
  }

  async listen(ring: Ring): Promise<() => Promise<void>> {
    const listener: AlarmListener = { ring: (alarm) => this.#ring(alarm, ring) };
    // Already now: it may be listening when the connection breaks before it knows.
    this.#listeners.add(listener);
    try {
      await this.#link.call(() => this.#memory.listen(listener));
    } catch (error) {
      this.#listeners.delete(listener);
      this.#memory.abandon(listener);
      throw error;
    }
    return async () => this.#stop(listener);
  }

  async close(): Promise<void> {
    for (const listener of this.#listeners) this.#stop(listener);
  }

  /** The connection breaks: alarms ring elsewhere, also the one this process was just handing on. */
  disconnect(): void {
    for (const listener of this.#listeners) this.#memory.abandon(listener);
  }

  reconnect(): void {
    for (const listener of this.#listeners) this.#memory.listen(listener);
  }

  /** Rejects when it is not known whether it was handed on. */
  #ring(alarm: Alarm, ring: Ring): Promise<number | undefined> {
    return new Promise((resolve, reject) => {
      this.#link.notify(() => {
        ring(alarm).then(
          (againMs) => this.#link.send(() => resolve(againMs)),
          (error) => this.#link.send(() => reject(error)),
        );
      });
    });
  }

  #stop(listener: AlarmListener): void {
    this.#listeners.delete(listener);
    this.#link.send(() => this.#memory.stop(listener));
  }
}
