import { StoreUnavailableError } from "@actor-runtime/core";
import type { Schedule } from "./schedule.js";

/** One process's connection to the store's half of a world: every call crosses it in one hop, or fails without effect. */
export class Link {
  readonly #schedule: Schedule;
  #up = true;

  constructor(schedule: Schedule) {
    this.#schedule = schedule;
  }

  cut(): void {
    this.#up = false;
  }

  restore(): void {
    this.#up = true;
  }

  /** Word from the far side, one hop away; it does not come while the link is cut. */
  notify(listener: () => void): void {
    this.#schedule(() => {
      if (this.#up) listener();
    });
  }

  /**
   * Runs `operation` on the far side.
   *
   * @throws StoreUnavailableError when the link is cut by the time the call would arrive
   */
  call<T>(operation: () => T): Promise<Awaited<T>> {
    return new Promise((resolve, reject) => {
      this.#schedule(() => {
        if (!this.#up) {
          reject(new StoreUnavailableError("the connection to the store is lost"));
          return;
        }
        try {
          resolve(operation() as Awaited<T>);
        } catch (error) {
          reject(error);
        }
      });
    });
  }
}
