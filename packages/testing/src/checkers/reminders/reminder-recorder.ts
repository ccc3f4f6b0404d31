import type { ClockStep, RefusedTick, ReminderChapter, ReminderHistory, TickRun } from "./reminder-history.js";

/** Writes down what actors see of their reminders while it happens. */
export class ReminderRecorder {
  /** When nothing was made to fail any more. */
  peaceMs = Number.POSITIVE_INFINITY;
  readonly #now: () => number;
  readonly #chapters: ReminderChapter[] = [];
  readonly #runs: TickRun[] = [];
  readonly #refused: RefusedTick[] = [];
  readonly #steps: ClockStep[] = [];
  readonly #erased = new Set<string>();
  #calmMs = Number.POSITIVE_INFINITY;
  #left: ReminderHistory["left"] = { actors: [], alarms: 0 };

  /** @param now by the store's clock, in ms since 1970 */
  constructor(now: () => number) {
    this.#now = now;
  }

  now(): number {
    return this.#now();
  }

  /** A tick runs now. */
  ran(run: Omit<TickRun, "atMs">): void {
    this.#runs.push({ ...run, atMs: this.#now() });
  }

  /** A tick is a dead letter. */
  refused(tick: RefusedTick): void {
    this.#refused.push(tick);
  }

  /** An operator is about to erase the actor. */
  erases(address: string): void {
    this.#erased.add(address);
  }

  /** The store's clock was set, and shows the time `toMs` now. */
  stepped(step: ClockStep): void {
    this.#steps.push(step);
  }

  /** The store's clock has shown a later time than it does now. */
  get isSetBack(): boolean {
    return this.#steps.some(({ fromMs }) => fromMs > this.#now());
  }

  /** How far it was set in all, to and fro. */
  get steppedMs(): number {
    return this.#steps.reduce((sum, { fromMs, toMs }) => sum + Math.abs(toMs - fromMs), 0);
  }

  /** From now on nothing is made to fail. */
  peace(): void {
    this.peaceMs = this.#now();
  }

  /** From now on nothing has to recover. */
  calm(): void {
    this.#calmMs = this.#now();
  }

  chapter(chapter: ReminderChapter): void {
    this.#chapters.push(chapter);
  }

  /** Every actor has cancelled what it had. */
  left(left: ReminderHistory["left"]): void {
    this.#left = left;
  }

  /** @param rewound whether the store lost writes */
  history(rewound: boolean): ReminderHistory {
    return {
      chapters: this.#chapters,
      runs: this.#runs,
      refused: this.#refused,
      erased: [...this.#erased],
      rewound,
      steps: this.#steps,
      peaceMs: this.peaceMs,
      calmMs: this.#calmMs,
      left: this.#left,
    };
  }
}
