import type { Load } from "./drive.js";
import type { Entry } from "./journal.js";

/** Drives one load, wherever it does so. */
export type Driver = (load: Load, onProgress: (ended: number) => void) => Promise<readonly Entry[]>;

/** Something that goes wrong, once a share of all calls has ended (0.5: half of them). */
export interface Fault {
  readonly at: number;
  strike(): void | Promise<void>;
}

export interface Part {
  readonly driver: Driver;
  readonly load: Load;
}

/** Drives all loads at once and lets faults strike one after the other on the way; returns what the senders know in the end. */
export async function perform(parts: readonly Part[], faults: readonly Fault[]): Promise<Entry[]> {
  const calls = parts.reduce((sum, { load }) => sum + load.tells + load.asks, 0);
  const progress = new Progress();
  const journals = Promise.all(
    parts.map(({ driver, load }) => driver(load, (ended) => progress.report(load.sender, ended))),
  );
  const strikes = (async () => {
    for (const fault of faults) {
      await progress.reaches(fault.at * calls);
      await fault.strike();
    }
  })();
  const [journal] = await Promise.all([journals, strikes]);
  return journal.flat();
}

class Progress {
  readonly #ended = new Map<string, number>();
  #awaited = 0;
  #reached = () => {};

  report(sender: string, ended: number): void {
    this.#ended.set(sender, ended);
    if (this.#total >= this.#awaited) this.#reached();
  }

  reaches(calls: number): Promise<void> {
    this.#awaited = calls;
    return new Promise((resolve) => {
      this.#reached = resolve;
      if (this.#total >= calls) resolve();
    });
  }

  get #total(): number {
    let total = 0;
    for (const ended of this.#ended.values()) total += ended;
    return total;
  }
}
