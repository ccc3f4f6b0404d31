import type { Entry } from "./subscription.js";

/** What was late by less is on time. */
const lateMs = 200;

/** Prints what happened, and when. */
export class Timeline {
  readonly #print: (line: string) => void;
  readonly #beganAt: number;

  /** @param beganAt in ms since 1970 */
  constructor(print: (line: string) => void, beganAt: number) {
    this.#print = print;
    this.#beganAt = beganAt;
  }

  entry({ what, text, at, dueAt = at }: Entry): void {
    const late = at - dueAt < lateMs ? "" : `, which was due at ${this.#clock(dueAt)}`;
    this.line(at, what, text + late);
  }

  /** @param at in ms since 1970 */
  line(at: number, what: string, text: string): void {
    this.#print(`${this.#clock(at).padStart(6)}  ${what.padEnd(10)}  ${text}`);
  }

  #clock(at: number): string {
    return `${((at - this.#beganAt) / 1_000).toFixed(1)} s`;
  }
}
