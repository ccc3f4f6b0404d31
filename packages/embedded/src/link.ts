import { StoreUnavailableError } from "@actor-runtime/core";
import type { Schedule } from "./schedule.js";

/** The way between one process and one half of the world. Each direction keeps the order of what is handed to it. */
export interface Path {
  /** From the process to the world. */
  readonly there: Schedule;
  /** From the world to the process. */
  readonly back: Schedule;
}

const atOnce: Schedule = (task) => task();

/** One process's connection to one half of a world. */
export class Link {
  readonly #far: string;
  readonly #request: Schedule;
  readonly #there: Schedule;
  readonly #back: Schedule;
  readonly #news: Schedule;
  #up = true;
  #cuts = 0;

  /**
   * @param far what errors call the other end
   * @param schedule carries calls there and news back where there is no path; all else is then on the other side at once
   */
  constructor(far: string, schedule: Schedule, path?: Path) {
    this.#far = far;
    this.#request = path?.there ?? schedule;
    this.#there = path?.there ?? atOnce;
    this.#back = path?.back ?? atOnce;
    this.#news = path?.back ?? schedule;
  }

  /** What is on its way either way is lost, and so is all that follows. */
  cut(): void {
    this.#up = false;
    this.#cuts += 1;
  }

  restore(): void {
    this.#up = true;
  }

  /**
   * Runs `operation` on the far side and hands its result to `done`. When the link is cut before it arrives it has no effect;
   * when the link is cut on the way back it has, but `failed` is called all the same.
   */
  cross<T>(operation: () => T, done: (result: T) => void, failed: (error: unknown) => void): void {
    this.#exchange(this.#request, operation, done, failed);
  }

  /**
   * Runs `operation` on the far side.
   *
   * @throws StoreUnavailableError when the link is cut on the way there (no effect) or back (it was carried out)
   */
  call<T>(operation: () => T): Promise<Awaited<T>> {
    return new Promise((resolve, reject) => {
      this.cross(operation, resolve as (result: T) => void, reject);
    });
  }

  /** Word for the far side that nobody waits for; it does not come when the link is cut. */
  send(task: () => void): void {
    const cuts = this.#cuts;
    this.#there(() => {
      if (this.#holds(cuts)) task();
    });
  }

  /** As `send`; resolves once it has come, or the link is cut. */
  finish(task: () => void): Promise<void> {
    return new Promise((resolve) => {
      this.#exchange(this.#there, task, resolve, () => resolve());
    });
  }

  /** News from the far side; they do not come when the link is cut. */
  notify(task: () => void): void {
    const cuts = this.#cuts;
    this.#news(() => {
      if (this.#holds(cuts)) task();
    });
  }

  /** What the process finds out for itself at its end of the link, after all that came before. */
  observe(task: () => void): void {
    this.#news(task);
  }

  /** Something that the far side sends when its own hop is done. It comes even if the link is cut meanwhile. */
  pass(task: () => void): void {
    this.#back(task);
  }

  #exchange<T>(there: Schedule, operation: () => T, done: (result: T) => void, failed: (error: unknown) => void): void {
    const cuts = this.#cuts;
    there(() => {
      if (!this.#holds(cuts)) {
        this.#back(() => failed(this.#lost()));
        return;
      }
      let result: T;
      try {
        result = operation();
      } catch (error) {
        this.#back(() => failed(this.#holds(cuts) ? error : this.#lost()));
        return;
      }
      this.#back(() => {
        if (this.#holds(cuts)) done(result);
        else failed(this.#lost());
      });
    });
  }

  /** Whether the link is up and was never cut since. */
  #holds(cuts: number): boolean {
    return this.#up && this.#cuts === cuts;
  }

  #lost(): StoreUnavailableError {
    return new StoreUnavailableError(`the connection to the ${this.#far} is lost`);
  }
}
