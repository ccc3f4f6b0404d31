import type { Cancel, Clock, Store } from "@actor-runtime/core";
import type { StoreTime } from "./store-time.js";

/**
 * Keeps a process that only makes calls right about the store's time, as heartbeats do for workers: clocks drift, are set, and
 * stand still while a machine sleeps, and by a wrong one all its calls come too late.
 */
export class TimeKeeper {
  readonly #time: StoreTime;
  readonly #store: Pick<Store, "time">;
  readonly #clock: Clock;
  readonly #everyMs: number;
  #next: Cancel = () => {};
  #stopped = false;

  constructor(time: StoreTime, store: Pick<Store, "time">, clock: Clock, everyMs: number) {
    this.#time = time;
    this.#store = store;
    this.#clock = clock;
    this.#everyMs = everyMs;
  }

  /** @throws StoreUnavailableError */
  async read(): Promise<void> {
    const askedAt = this.#clock.monotonic();
    this.#time.correct(await this.#store.time(), askedAt);
  }

  /** Reads it now and then, until it is stopped. */
  keep(): void {
    if (this.#stopped) return;
    this.#next = this.#clock.after(this.#everyMs, () => {
      // The store is away: what was known last is the best there is.
      this.read()
        .catch(() => {})
        .finally(() => this.keep());
    });
  }

  stop(): void {
    this.#stopped = true;
    this.#next();
  }
}
